import { describe, expect, it } from 'vitest';
import { expandScript } from '../../src/controllers/kubelet/command-line.ts';
import { Job } from '../../src/kinds/job/types.ts';
import type { Model } from '../support/model.ts';
import { configMap, kubeletModel, podNamed, podWith, seconds, secret } from './support.ts';

const VALUES = new Map([
  ['CODE', '4'],
  ['WHO', 'you and me'],
  ['EVIL', 'a; exit 9'],
  ['EMPTY', ''],
]);

describe('variables of a shell script', () => {
  it.each([
    ['are put in by their names', 'exit $CODE', 'exit 4'],
    ['or by their names in brackets', 'echo ${CODE}x', 'echo 4x'],
    ['also in double quotes', 'echo "hello $WHO"', 'echo "hello you and me"'],
    ['where single quotes are nothing special', `echo "it's $CODE"`, `echo "it's 4"`],
    ['not in single quotes', `echo '$CODE' $CODE`, `echo '$CODE' 4`],
    ['not where they are escaped', 'echo \\$CODE', 'echo \\$CODE'],
    ['may be empty', 'echo $EMPTY.', 'echo .'],
    ['stay where nothing is known of them', 'echo $NONE ${NONE}', 'echo $NONE ${NONE}'],
    ['stay where the script sets them', 'CODE=5; exit $CODE', 'CODE=5; exit $CODE'],
    ['also in a loop', 'for CODE in 1 2; do echo $CODE; done', 'for CODE in 1 2; do echo $CODE; done'],
    ['but for others of which they are a part', 'XCODE=5; exit $CODE', 'XCODE=5; exit 4'],
    ['stay where their value would be read as script', 'echo $EVIL', 'echo $EVIL'],
    ["leave the shell's own alone", 'echo $? $1 $$ $#', 'echo $? $1 $$ $#'],
    ['end with the script', 'echo $', 'echo $'],
    ['survive a quote that is not closed', "echo 'a $CODE", "echo 'a $CODE"],
  ])('%s', (_rule, script, expected) => {
    expect(expandScript(script, (name) => VALUES.get(name))).toBe(expected);
  });
});

/** How long the container of a pod ran, its exit code and its message. */
function outcome(model: Model): string {
  seconds(model, 100);
  const ran = podNamed(model)!.status.containerStatuses![0]!.state!.terminated;
  const ms = Date.parse(String(ran?.finishedAt)) - Date.parse(String(ran?.startedAt));
  return ran ? `${ms / 1000} s, ${ran.exitCode}${ran.message ? `, ${ran.message.trim()}` : ''}` : 'runs';
}

describe('a command line with variables', () => {
  it.each<[string, string, object[], string]>([
    ['runs as long as a variable says', 'command: [sleep, $(T)]\n    env: [{name: T, value: "7"}]', [], '7 s, 0'],
    [
      'exits as a ConfigMap says',
      `command: [sh, -c, "sleep 3; exit $(CODE)"]
    env: [{name: CODE, valueFrom: {configMapKeyRef: {name: map, key: code}}}]`,
      [configMap('map', { code: '4' })],
      '3 s, 4',
    ],
    [
      'exits as its shell reads it',
      `command: [sh, -c]
    args: ["sleep 3; exit $code"]
    envFrom: [{configMapRef: {name: map}}]`,
      [configMap('map', { code: '4' })],
      '3 s, 4',
    ],
    [
      'leaves a message with variables',
      `command: [sh, -c, "echo hello $(WHO) and $WHO > /dev/termination-log; exit 1"]
    env: [{name: WHO, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]`,
      [],
      '0 s, 1, hello web and web',
    ],
    [
      'keeps the value of a Secret out of its message',
      `command: [sh, -c, "echo hello $(WHO) and $WHO > /dev/termination-log; exit 1"]
    envFrom: [{secretRef: {name: sealed}}]`,
      [secret('sealed', { WHO: 'topsecret' })],
      '0 s, 1, hello ****** and ******',
    ],
  ])('%s', (_rule, container, objects, expected) => {
    const model = kubeletModel();
    model.create(...(objects as []), podWith(`    ${container}`, '  restartPolicy: Never'));
    expect(outcome(model)).toBe(expected);
  });

  it('is read as a script only by a shell', () => {
    const model = kubeletModel();
    model.create(podWith('    command: [sleep, $T]\n    env: [{name: T, value: "7"}]', '  restartPolicy: Never'));
    expect(outcome(model)).not.toBe('7 s, 0');
  });

  it('gives an indexed Job the index of each pod', () => {
    const model = kubeletModel();
    model.create(`
apiVersion: batch/v1
kind: Job
metadata: {name: work, namespace: default}
spec:
  completions: 3
  parallelism: 3
  completionMode: Indexed
  backoffLimitPerIndex: 0
  template:
    spec:
      restartPolicy: Never
      nodeName: node-1
      containers: [{name: c, image: "app:1", command: [sh, -c, "exit $JOB_COMPLETION_INDEX"]}]
`);
    seconds(model, 60);
    const [job] = model.view.list(Job);
    expect(job!.status).toMatchObject({ completedIndexes: '0', failedIndexes: '1,2' });
  });
});
