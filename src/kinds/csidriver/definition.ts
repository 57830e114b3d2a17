import { invalid, notSupported, type FieldProblem } from '../../machinery/api-error.ts';
import type { KindDefinition } from '../../machinery/definition.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { fromTimestamp, humanDuration } from '../../machinery/time.ts';
import { CsiDriver } from './types.ts';

/** Sources: pkg/apis/storage/v1/defaults.go, pkg/apis/storage/validation/validation.go (ValidateCSIDriver). */
function applyDriverDefaults(driver: CsiDriver): void {
  driver.spec = {
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    fsGroupPolicy: 'ReadWriteOnceWithFSType',
    volumeLifecycleModes: ['Persistent'],
    requiresRepublish: false,
    seLinuxMount: false,
    ...driver.spec,
  };
}

const GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLE_MODES = ['Ephemeral', 'Persistent'];

function validateDriver({ spec }: CsiDriver): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { fsGroupPolicy, volumeLifecycleModes = [] } = spec;
  if (fsGroupPolicy !== undefined && !GROUP_POLICIES.includes(fsGroupPolicy)) {
    problems.push(notSupported('spec.fsGroupPolicy', fsGroupPolicy, GROUP_POLICIES));
  }
  for (const mode of volumeLifecycleModes) {
    if (!LIFECYCLE_MODES.includes(mode)) {
      problems.push(notSupported('spec.volumeLifecycleModes', mode, LIFECYCLE_MODES));
    }
  }
  return problems;
}

const IMMUTABLE = ['attachRequired', 'volumeLifecycleModes'] as const;

function validateDriverUpdate(driver: CsiDriver, old: CsiDriver): FieldProblem[] {
  return IMMUTABLE.filter((field) => !deepEqual(driver.spec[field], old.spec[field])).map((field) =>
    invalid(`spec.${field}`, driver.spec[field], 'field is immutable'),
  );
}

export const csiDriver: KindDefinition<CsiDriver> = {
  kind: CsiDriver,
  statusSubresource: false,
  applyDefaults: applyDriverDefaults,
  validate: validateDriver,
  validateUpdate: validateDriverUpdate,
  columns: [
    { name: 'ATTACHREQUIRED', cell: ({ spec }) => String(spec.attachRequired ?? true) },
    { name: 'PODINFOONMOUNT', cell: ({ spec }) => String(spec.podInfoOnMount ?? false) },
    { name: 'STORAGECAPACITY', cell: ({ spec }) => String(spec.storageCapacity ?? false) },
    {
      name: 'TOKENREQUESTS',
      cell: ({ spec }) => spec.tokenRequests?.map(({ audience }) => audience).join(',') ?? '<unset>',
    },
    { name: 'REQUIRESREPUBLISH', cell: ({ spec }) => String(spec.requiresRepublish ?? false) },
    { name: 'MODES', cell: ({ spec }) => spec.volumeLifecycleModes?.join(',') || '<none>' },
    { name: 'AGE', cell: ({ metadata }, view) => humanDuration(view.now - fromTimestamp(metadata.creationTimestamp)) },
  ],
};
