import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';

/** The part of apiextensions/v1 JSONSchemaProps that the model reads. */
export interface JsonSchema {
  type?: string;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  required?: readonly string[];
  default?: unknown;
  nullable?: boolean;
  enum?: readonly unknown[];
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
  allOf?: readonly JsonSchema[];
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
  not?: JsonSchema;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: readonly string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-validations'?: readonly ValidationRule[];
}

/** A rule in CEL, and what is said where it does not hold. */
export interface ValidationRule {
  rule: string;
  message?: string;
  /** An expression for the message. */
  messageExpression?: string;
  /** FieldValueInvalid when absent. */
  reason?: string;
  /** The field that is blamed, below the one that carries the rule. */
  fieldPath?: string;
  /** Whether oldSelf is an optional, so that the rule is asked on creation too. */
  optionalOldSelf?: boolean;
}

export interface PrinterColumn {
  name: string;
  type: string;
  jsonPath: string;
  priority?: number;
}

export interface DefinedVersion {
  name: string;
  served: boolean;
  storage: boolean;
  schema?: { openAPIV3Schema?: JsonSchema };
  subresources?: { status?: object; scale?: object };
  additionalPrinterColumns?: readonly PrinterColumn[];
}

export interface DefinedNames {
  plural: string;
  singular?: string;
  kind: string;
  listKind?: string;
  shortNames?: string[];
  categories?: string[];
}

export interface DefinitionCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastTransitionTime: string;
}

export interface CustomResourceDefinition extends KubeObject {
  spec: {
    group: string;
    names: DefinedNames;
    scope: 'Namespaced' | 'Cluster';
    versions: readonly DefinedVersion[];
    conversion?: { strategy: string };
    preserveUnknownFields?: boolean;
  };
  status: { acceptedNames?: DefinedNames; conditions?: DefinitionCondition[]; storedVersions?: string[] };
}

export const CustomResourceDefinition = defineKind<CustomResourceDefinition>({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  namespaced: false,
});

/** Definitions by `group/kind` of what they define. */
export const definitionsByDefinedKind: Index<CustomResourceDefinition> = {
  name: 'custom resource definitions by the kind they define',
  kind: CustomResourceDefinition,
  keys: ({ spec }) => `${spec.group}/${spec.names.kind}`,
};

/** Definitions by group. */
export const definitionsByGroup: Index<CustomResourceDefinition> = {
  name: 'custom resource definitions by group',
  kind: CustomResourceDefinition,
  keys: ({ spec }) => spec.group,
};
