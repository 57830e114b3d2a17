import { ownSchema } from '../../machinery/schema/own-schema.ts';

/** The fields of an ImageProfile; see types.ts for what they mean. */
export const imageProfileSchema = ownSchema('v1alpha1', 'ImageProfile', {
  ImageProfile: { spec: 'ImageProfileSpec' },
  ImageProfileSpec: {
    image: 'string',
    pullTime: 'string',
    sizeBytes: 'int64',
    startupTime: 'string',
    runTime: 'string',
    exitCode: 'int32',
    exitCodes: '[]int32',
    terminationMessage: 'string',
    shutdownTime: 'string',
    shutdownExitCode: 'int32',
    hookTime: 'string',
    usage: '[]UsageProfile',
    probes: '[]ProbeProfile',
  },
  UsageProfile: { after: 'string', cpu: 'quantity', memory: 'quantity' },
  ProbeProfile: { type: 'string', from: 'string', to: 'string', succeed: 'bool', message: 'string' },
});
