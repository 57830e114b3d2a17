import { describe, expect, it } from 'vitest';
import { Deployment } from '../../src/kinds/deployment/types.ts';
import { newDeployment, podTemplate, replicaModel } from '../replicaset/replica-model.ts';

function created(spec: Record<string, unknown>): Deployment {
  const model = replicaModel();
  model.create(newDeployment(spec));
  return model.view.get(Deployment, 'default', 'web')!;
}

function rolling(rollingUpdate: object) {
  return { strategy: { type: 'RollingUpdate', rollingUpdate } };
}

/** Cases of pkg/apis/apps/v1/defaults_test.go. */
describe('the defaults of a Deployment', () => {
  it('are one replica, a rolling update by quarters, ten old revisions and ten minutes', () => {
    expect(created({ replicas: undefined }).spec).toMatchObject({
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
  });

  it.each([
    ['keep what is given', rolling({ maxSurge: 2 }), { maxSurge: 2, maxUnavailable: '25%' }],
    [
      'fill in a rolling update without a type',
      { strategy: { rollingUpdate: { maxUnavailable: 0 } } },
      { maxSurge: '25%', maxUnavailable: 0 },
    ],
    ['add no rolling update to Recreate', { strategy: { type: 'Recreate' } }, undefined],
  ])('%s', (_sentence, spec, expected) => {
    expect(created(spec).spec.strategy?.rollingUpdate).toEqual(expected);
  });
});

/** Cases of pkg/apis/apps/validation/validation_test.go (TestValidateDeployment). */
describe('no Deployment is one that', () => {
  const PERCENT =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  it.each([
    ['wants fewer than none', { replicas: -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    ['selects nothing', { selector: undefined }, 'spec.selector: Required value'],
    [
      'selects everything',
      { selector: {} },
      'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
    ],
    [
      'has a selector no label can match',
      { selector: { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'app', operator: 'In' }] } },
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    ],
    [
      'has an unknown operator in its selector',
      { selector: { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'app', operator: 'Like' }] } },
      'spec.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
    ],
    [
      'does not select its own pods',
      { selector: { matchLabels: { app: 'api' } } },
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      'does not restart its pods',
      { template: { ...podTemplate(), spec: { ...podTemplate().spec, restartPolicy: 'OnFailure' } } },
      'spec.template.spec.restartPolicy: Unsupported value: "OnFailure": supported values: "Always"',
    ],
    [
      'has a strategy of another name',
      { strategy: { type: 'BlueGreen' } },
      'spec.strategy: Unsupported value: {"Type":"BlueGreen","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
    ],
    [
      'gives Recreate the parameters of a rolling update',
      { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } },
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
    [
      'has a surge that is no percentage',
      rolling({ maxSurge: '20Percent' }),
      `spec.strategy.rollingUpdate.maxSurge: Invalid value: "20Percent": ${PERCENT}`,
    ],
    [
      'has a negative surge',
      rolling({ maxSurge: -1 }),
      'spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'can go neither up nor down',
      rolling({ maxSurge: 0, maxUnavailable: 0 }),
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    ],
    [
      'can go neither up nor down by percentages',
      rolling({ maxSurge: '0%', maxUnavailable: '0%' }),
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
    ],
    [
      'lets more than all be unavailable',
      rolling({ maxUnavailable: '110%' }),
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "110%": must not be greater than 100%',
    ],
    [
      'wants its pods ready for less than no time',
      { minReadySeconds: -1 },
      'spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'keeps fewer than no revisions',
      { revisionHistoryLimit: -10 },
      'spec.revisionHistoryLimit: Invalid value: -10: must be greater than or equal to 0',
    ],
    [
      'must progress before its pods can be available',
      { minReadySeconds: 600, progressDeadlineSeconds: 600 },
      'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
    ],
  ])('%s', (_sentence, spec, message) => {
    expect(() => created(spec)).toThrow(message);
  });

  it.each([
    ['a surge over 100 %', rolling({ maxSurge: '200%' })],
    ['no surge, but pods that may be unavailable', rolling({ maxSurge: 0, maxUnavailable: 1 })],
    ['no old revisions', { revisionHistoryLimit: 0 }],
    ['more labels in its template than it selects by', { template: podTemplate({ app: 'web', tier: 'front' }) }],
  ])('but %s may be', (_sentence, spec) => {
    expect(() => created(spec)).not.toThrow();
  });
});

describe('a change of a Deployment', () => {
  function changed(change: (deployment: Deployment) => Deployment): string {
    const model = replicaModel();
    model.create(newDeployment());
    let message = 'accepted';
    model.do((api) => {
      const result = api.update(change(api.get(Deployment, 'default', 'web')!));
      if (!result.ok) message = result.error.message;
    });
    return message;
  }

  it('cannot touch its selector', () => {
    const selector = { matchLabels: { app: 'other' } };
    const template = podTemplate({ app: 'other' });
    expect(changed((web) => ({ ...web, spec: { ...web.spec, selector, template } }))).toBe(
      'Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable',
    );
  });

  it('from a rolling update to Recreate must take its parameters away', () => {
    expect(
      changed((web) => ({ ...web, spec: { ...web.spec, strategy: { ...web.spec.strategy, type: 'Recreate' } } })),
    ).toContain("spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'");
    expect(changed((web) => ({ ...web, spec: { ...web.spec, strategy: { type: 'Recreate' } } }))).toBe('accepted');
  });
});
