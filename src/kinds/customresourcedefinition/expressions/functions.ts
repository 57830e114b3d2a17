import { Environment } from '@marcbachmann/cel-js';
import { addIpFunctions } from './ip-functions.ts';
import { addListFunctions } from './list-functions.ts';
import { addQuantityFunctions } from './quantity-functions.ts';
import { addTextFunctions } from './text-functions.ts';
import { addUrlFunctions } from './url-functions.ts';

/**
 * The Common Expression Language with the libraries Kubernetes adds to it: lists, regular expressions, URLs, IP addresses
 * and ranges, quantities, sets, texts. Not there: format.*, semver, comprehensions with two variables, and the estimate
 * of cost. Source: k8s.io/apiserver/pkg/cel/environment/base.go and pkg/cel/library.
 */
export function newExpressionEnvironment(): Environment {
  const environment = new Environment({ enableOptionalTypes: true, unlistedVariablesAreDyn: false });
  addListFunctions(environment);
  addTextFunctions(environment);
  addQuantityFunctions(environment);
  addUrlFunctions(environment);
  addIpFunctions(environment);
  return environment;
}
