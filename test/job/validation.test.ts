import { describe, expect, it } from 'vitest';
import { CronJob } from '../../src/kinds/cronjob/types.ts';
import { Job, type JobSpec } from '../../src/kinds/job/types.ts';
import type { Model } from '../support/model.ts';
import { jobModel } from './job-model.ts';

/** Cases of pkg/apis/batch/validation/validation_test.go and pkg/registry/batch/job/strategy_test.go. */

type Spec = Record<string, unknown>;

const template = (spec: Spec = {}) => ({
  spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'b' }], ...spec },
});
const newJob = (spec: Spec, name = 'work') => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace: 'default' },
  spec: { template: template(), ...spec },
});
const newCronJob = (spec: Spec, name = 'tick') => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name, namespace: 'default' },
  spec: { schedule: '* * * * *', jobTemplate: { spec: { template: template() } }, ...spec },
});

function refusal(model: Model, object: unknown): string {
  let message = '';
  model.do((api) => {
    const result = api.create(object as Job);
    message = result.ok ? '' : result.error.message;
  });
  return message.replace(/^\S+ "[^"]*" is invalid: /, '');
}

const indexed = { completionMode: 'Indexed', completions: 4, parallelism: 2 };
const exitCodes = (rule: Spec) => ({ podFailurePolicy: { rules: [{ action: 'Count', onExitCodes: rule }] } });
const conditions = (pattern: Spec) => ({
  podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [pattern] }] },
});
const success = (rule: Spec) => ({ ...indexed, successPolicy: { rules: [rule] } });
const RULE = 'spec.podFailurePolicy.rules[0]';
const SUCCESS = 'spec.successPolicy.rules[0]';

describe('a job is refused', () => {
  it.each<[string, Spec, string]>([
    [
      'with an unknown completion mode',
      { completionMode: 'Other' },
      'spec.completionMode: Unsupported value: "Other": supported values: "NonIndexed", "Indexed"',
    ],
    [
      'without an action',
      { podFailurePolicy: { rules: [{ onExitCodes: { operator: 'In', values: [1] } }] } },
      `${RULE}.action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`,
    ],
    [
      'with an unknown action',
      { podFailurePolicy: { rules: [{ action: 'Retry', onExitCodes: { operator: 'In', values: [1] } }] } },
      `${RULE}.action: Unsupported value: "Retry": supported values: "Count", "FailIndex", "FailJob", "Ignore"`,
    ],
    [
      'with FailIndex and no limit per index',
      { podFailurePolicy: { rules: [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [1] } }] } },
      `${RULE}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`,
    ],
    [
      'with a rule about nothing',
      { podFailurePolicy: { rules: [{ action: 'Count' }] } },
      `${RULE}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`,
    ],
    [
      'with an unknown operator',
      exitCodes({ operator: 'Over', values: [1] }),
      `${RULE}.onExitCodes.operator: Unsupported value: "Over": supported values: "In", "NotIn"`,
    ],
    [
      'without an operator',
      exitCodes({ values: [1] }),
      `${RULE}.onExitCodes.operator: Required value: valid values: ["In" "NotIn"]`,
    ],
    [
      'with no exit code',
      exitCodes({ operator: 'In', values: [] }),
      `${RULE}.onExitCodes.values: Invalid value: []: at least one value is required`,
    ],
    [
      'with exit code 0 in In',
      exitCodes({ operator: 'In', values: [0] }),
      `${RULE}.onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator`,
    ],
    [
      'with an exit code twice',
      exitCodes({ operator: 'In', values: [1, 1] }),
      `${RULE}.onExitCodes.values[1]: Duplicate value: 1`,
    ],
    [
      'with exit codes out of order',
      exitCodes({ operator: 'In', values: [2, 1] }),
      `${RULE}.onExitCodes.values: Invalid value: [2,1]: must be ordered`,
    ],
    [
      'about a container that is not there',
      exitCodes({ containerName: 'other', operator: 'In', values: [1] }),
      `${RULE}.onExitCodes.containerName: Invalid value: "other": must be one of the container or initContainer names in the pod template`,
    ],
    [
      'about a condition with an unknown status',
      conditions({ type: 'Ready', status: 'Maybe' }),
      `${RULE}.onPodConditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"`,
    ],
    [
      'with a failure policy and restarts',
      { ...exitCodes({ operator: 'In', values: [1] }), template: template({ restartPolicy: 'OnFailure' }) },
      'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
    ],
    [
      'with a failure policy that replaces terminating pods',
      { ...exitCodes({ operator: 'In', values: [1] }), podReplacementPolicy: 'TerminatingOrFailed' },
      'spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"',
    ],
    [
      'with an unknown replacement policy',
      { podReplacementPolicy: 'Never' },
      'spec.podReplacementPolicy: Unsupported value: "Never": supported values: "Failed", "TerminatingOrFailed"',
    ],
    [
      'with maxFailedIndexes alone',
      { ...indexed, maxFailedIndexes: 1 },
      'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
    ],
    [
      'with more failed indexes than completions',
      { ...indexed, backoffLimitPerIndex: 1, maxFailedIndexes: 5 },
      'spec.maxFailedIndexes: Invalid value: 5: must be less than or equal to completions',
    ],
    [
      'with many completions and no maxFailedIndexes',
      { ...indexed, completions: 100_001, backoffLimitPerIndex: 1 },
      'spec.maxFailedIndexes: Required value: must be specified when completions is above 100000',
    ],
    [
      'with a success policy without indexes',
      { successPolicy: { rules: [{ succeededIndexes: '0' }] } },
      'spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":"0","SucceededCount":null}]}: requires indexed completion mode',
    ],
    [
      'with a success policy without rules',
      { ...indexed, successPolicy: { rules: [] } },
      'spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is specified',
    ],
    [
      'with an empty success rule',
      success({}),
      `${SUCCESS}: Required value: at least one of succeededCount or succeededIndexes must be specified`,
    ],
    [
      'with a success rule about an index out of range',
      success({ succeededIndexes: '0,4' }),
      `${SUCCESS}.succeededIndexes: Invalid value: "0,4": error parsing succeededIndexes: too large index: "4"`,
    ],
    [
      'with a success rule out of order',
      success({ succeededIndexes: '2,1' }),
      `${SUCCESS}.succeededIndexes: Invalid value: "2,1": error parsing succeededIndexes: non-increasing order, previous: 2, current: 1`,
    ],
    [
      'with a success rule about no number',
      success({ succeededIndexes: 'a' }),
      `${SUCCESS}.succeededIndexes: Invalid value: "a": error parsing succeededIndexes: cannot convert string to integer for index: "a"`,
    ],
    [
      'with a count above its indexes',
      success({ succeededIndexes: '0-1', succeededCount: 3 }),
      `${SUCCESS}.succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)`,
    ],
    [
      'with a count above its completions',
      success({ succeededCount: 5 }),
      `${SUCCESS}.succeededCount: Invalid value: 5: must be less than or equal to 4 (the number of specified completions)`,
    ],
    [
      'with a managedBy without a path',
      { managedBy: 'example.com' },
      'spec.managedBy: Invalid value: "example.com": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
  ])('%s', (_name, spec, message) => {
    expect(refusal(jobModel(), newJob(spec))).toBe(message);
  });

  it('when its name is too long for the label of its pods', () => {
    const name = 'a'.repeat(64);
    const problem = `spec.template.labels: Invalid value: "${name}": must be no more than 63 bytes`;
    expect(refusal(jobModel(), newJob({}, name))).toBe(problem);
  });

  it('when the host name of its last index would be too long', () => {
    const name = 'a'.repeat(62);
    const problem = `metadata.name: Invalid value: "${name}": will not able to create pod with invalid DNS label: ${name}-3`;
    expect(refusal(jobModel(), newJob(indexed, name))).toBe(problem);
  });

  it('when its template names another job', () => {
    const labelled = { ...template(), metadata: { labels: { 'job-name': 'other' } } };
    expect(refusal(jobModel(), newJob({ template: labelled }))).toMatch(
      /^spec\.template\.metadata\.labels\[job-name\]: Invalid value: \{"batch.kubernetes.io\/controller-uid":.*\}: must be 'work'$/,
    );
  });
});

describe('a cron job is refused', () => {
  it.each<[string, Spec, string]>([
    ['without a schedule', { schedule: '' }, 'spec.schedule: Required value'],
    [
      'with a schedule that is none',
      { schedule: 'error' },
      'spec.schedule: Invalid value: "error": expected exactly 5 fields, found 1: [error]',
    ],
    [
      'with a zone in its schedule',
      { schedule: 'TZ=UTC 0 * * * *' },
      'spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
    ],
    [
      'with an empty time zone',
      { timeZone: '' },
      'spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string',
    ],
    [
      'with an unknown time zone',
      { timeZone: 'Amerika/New_York' },
      'spec.timeZone: Invalid value: "Amerika/New_York": unknown time zone Amerika/New_York',
    ],
    [
      'with a path as time zone',
      { timeZone: '../Etc/UTC' },
      'spec.timeZone: Invalid value: "../Etc/UTC": unknown time zone ../Etc/UTC',
    ],
    [
      'in the local time zone',
      { timeZone: 'Local' },
      'spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    ],
    [
      'with an unknown policy',
      { concurrencyPolicy: 'Maybe' },
      'spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", "Replace"',
    ],
    [
      'with a negative deadline',
      { startingDeadlineSeconds: -1 },
      'spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'with a negative history',
      { failedJobsHistoryLimit: -1 },
      'spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'with a selector by hand',
      { jobTemplate: { spec: { template: template(), manualSelector: true } } },
      'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
    ],
  ])('%s', (_name, spec, message) => {
    expect(refusal(jobModel(), newCronJob(spec))).toBe(message);
  });

  it('with a name of more than 52 characters', () => {
    const name = 'a'.repeat(53);
    const problem = `metadata.name: Invalid value: "${name}": must be no more than 52 characters`;
    expect(refusal(jobModel(), newCronJob({}, name))).toBe(problem);
    expect(refusal(jobModel(), newCronJob({}, name.slice(1)))).toBe('');
  });
});

it('the template of a cron job gets no defaults of jobs', () => {
  const model = jobModel();
  model.create(newCronJob({}));
  const { spec } = model.view.get(CronJob, 'default', 'tick') as CronJob;
  expect(Object.keys(spec.jobTemplate.spec)).toEqual(['template']);
  expect(spec).toMatchObject({
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  });
});

it.each<[string, Spec, Spec]>([
  [
    'both counts are one by default',
    {},
    {
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      manualSelector: false,
      suspend: false,
      completionMode: 'NonIndexed',
    },
  ],
  ['completions stay open beside a parallelism', { parallelism: 3 }, { parallelism: 3, completions: undefined }],
  [
    'a limit per index leaves the job without one',
    { ...indexed, backoffLimitPerIndex: 1 },
    { backoffLimit: 2_147_483_647 },
  ],
  ['terminating pods are replaced', {}, { podReplacementPolicy: 'TerminatingOrFailed' }],
  [
    'with a failure policy only failed pods are',
    exitCodes({ operator: 'In', values: [1] }),
    { podReplacementPolicy: 'Failed' },
  ],
])('%s', (_name, spec, expected) => {
  const model = jobModel();
  model.create(newJob(spec));
  const stored = model.view.get(Job, 'default', 'work')?.spec as unknown as Spec;
  for (const [field, value] of Object.entries(expected)) expect(stored[field]).toEqual(value);
});

describe('an update of a job', () => {
  const suspended = { suspend: true };
  const withSpec = (spec: JobSpec, change: Spec): JobSpec => ({
    ...spec,
    template: { ...spec.template, spec: { ...spec.template.spec, ...change } },
  });
  it.each<[string, Spec, (spec: JobSpec) => JobSpec, RegExp | '']>([
    [
      'may not change completions',
      {},
      (spec) => ({ ...spec, completions: 2 }),
      /^spec\.completions: Invalid value: 2: field is immutable$/,
    ],
    [
      'may not change completions of an indexed job alone',
      indexed,
      (spec) => ({ ...spec, completions: 5 }),
      /^spec\.completions: Invalid value: 5: can only be modified in tandem with spec\.parallelism$/,
    ],
    [
      'may change both counts of an indexed job together',
      indexed,
      (spec) => ({ ...spec, completions: 5, parallelism: 5 }),
      '',
    ],
    ['may change parallelism', {}, (spec) => ({ ...spec, parallelism: 3 }), ''],
    [
      'may not change the completion mode',
      {},
      (spec) => ({ ...spec, completionMode: 'Indexed' }),
      /^spec\.completionMode: Invalid value: "Indexed": field is immutable$/,
    ],
    [
      'may not change who manages it',
      {},
      (spec) => ({ ...spec, managedBy: 'example.com/x' }),
      /^spec\.managedBy: Invalid value: "example.com\/x": field is immutable$/,
    ],
    [
      'may not change where the pods of a running job go',
      {},
      (spec) => withSpec(spec, { nodeSelector: { a: 'b' } }),
      /^spec\.template: Invalid value: .*: field is immutable$/,
    ],
    [
      'may change where the pods of a suspended job go',
      suspended,
      (spec) => withSpec(spec, { nodeSelector: { a: 'b' } }),
      '',
    ],
    [
      'may change resources of a suspended job',
      suspended,
      (spec) =>
        withSpec(spec, {
          containers: spec.template.spec.containers.map((one) => ({ ...one, resources: { requests: { cpu: '2' } } })),
        }),
      '',
    ],
    [
      'may not change images of a suspended job',
      suspended,
      (spec) =>
        withSpec(spec, { containers: spec.template.spec.containers.map((one) => ({ ...one, image: 'other' })) }),
      /field is immutable$/,
    ],
    [
      'may not change what a suspended job says of other pods',
      suspended,
      (spec) => withSpec(spec, { affinity: { podAffinity: {} } }),
      /field is immutable$/,
    ],
  ])('%s', (_name, spec, change, expected) => {
    const model = jobModel();
    model.create(newJob(spec));
    let message = '';
    model.do((api) => {
      const job = api.get(Job, 'default', 'work') as Job;
      const result = api.update({ ...job, spec: change(job.spec) });
      message = result.ok ? '' : result.error.message.replace(/^\S+ "work" is invalid: /, '');
    });
    if (expected === '') expect(message).toBe('');
    else expect(message).toMatch(expected);
  });
});
