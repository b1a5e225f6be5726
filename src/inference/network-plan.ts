import type { Precision } from '../kernels/layout.js';
import type { Network } from '../model/network.js';
import type { Analysis } from '../streaming/analyze.js';
import type { Plan } from './plan.js';

/** How a network runs on windows: frames of one, frames from one to the next, and where time is in its tensors. */
export interface Windows {
  readonly frames: number;
  readonly hop: number;
  readonly axes: Pick<Analysis, 'inputDims' | 'timeAxes' | 'outputAxes' | 'carried'>;
}

/** A network that answers on a stream, as plain data: by kernel calls frame by frame, or as operations on whole windows. */
export type NetworkPlan =
  | { readonly kind: 'frames'; readonly plan: Plan }
  | { readonly kind: 'windows'; readonly network: Network; readonly precision: Precision; readonly windows: Windows };

/** The operation that is not the kernels' work; undefined where all of the network is. */
export function hostOperation(network: NetworkPlan): string | undefined {
  if (network.kind === 'windows') return 'its windows';
  const section = [...network.plan.reset, ...network.plan.step].find(({ kind }) => kind === 'host');
  return section?.kind === 'host' ? `${section.layer.operation.kind} "${section.layer.name}"` : undefined;
}
