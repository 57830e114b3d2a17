import { expect, it } from 'vitest';
import { Event } from '../../src/kinds/event/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { Model } from '../support/model.ts';

function probed(name: string): string {
  return `apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: default }
spec:
  containers:
    - name: web
      image: web:1
      readinessProbe: { httpGet: { port: 8080, path: /ready }, periodSeconds: 1 }
`;
}

it('names the address of the pod from the first probe on, also where the image is there and the container starts at once', () => {
  const model = new Model();
  model.command('addNodes', { count: 1 });
  model.create(probed('first'));
  model.run(30_000);
  model.create(probed('second'));
  model.run(10_000);
  for (const name of ['first', 'second']) {
    const { podIP } = model.view.get(Pod, 'default', name)!.status;
    const messages = model.view
      .list(Event)
      .filter(({ reason, involvedObject }) => reason === 'Unhealthy' && involvedObject.name === name)
      .map(({ message }) => message);
    expect(messages).toEqual([
      `Readiness probe failed: Get "http://${podIP}:8080/ready": dial tcp ${podIP}:8080: connect: connection refused`,
    ]);
  }
});
