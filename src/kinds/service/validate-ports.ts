import { duplicate, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import { dns1123LabelProblems, qualifiedNameProblems } from '../../machinery/metadata-validation.ts';
import { portNameProblems, portNumberProblems } from '../../machinery/network-validation.ts';
import type { ServicePort } from './types.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'] as const;

/** validateServicePort (pkg/apis/core/validation/validation.go) for each port. */
export function validatePorts(ports: readonly ServicePort[]): FieldProblem[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => validatePort(port, ports.length > 1, names, `spec.ports[${index}]`));
}

function validatePort(port: ServicePort, needsName: boolean, names: Set<string>, path: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { name, protocol, targetPort, appProtocol } = port;
  if (name) {
    for (const text of dns1123LabelProblems(name)) problems.push(invalid(`${path}.name`, name, text));
    if (names.has(name)) problems.push(duplicate(`${path}.name`, name));
    names.add(name);
  } else if (needsName) {
    problems.push(required(`${path}.name`));
  }
  for (const text of portNumberProblems(port.port)) problems.push(invalid(`${path}.port`, port.port ?? 0, text));
  if (!PROTOCOLS.includes(protocol as 'TCP')) problems.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
  const targetProblems = typeof targetPort === 'string' ? portNameProblems(targetPort) : portNumberProblems(targetPort);
  for (const text of targetProblems) problems.push(invalid(`${path}.targetPort`, targetPort ?? 0, text));
  if (appProtocol !== undefined) {
    for (const text of qualifiedNameProblems(appProtocol)) {
      problems.push(invalid(`${path}.appProtocol`, appProtocol, text));
    }
  }
  return problems;
}
