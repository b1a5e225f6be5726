/** A choice between two bodies, https://onnx.ai/onnx/operators/onnx__If.html */
import { BodyRun, bodyCost, copyNumbers, given, resultOf, specializer } from './body-run.js';
import { elements, malformed, unsupported, type Operator, type Shape } from './operator.js';
import { BOOLEAN, typedOperand } from './typed-operand.js';

export const branches: Operator<'if'> = (operation, operands, around) => {
  const specializeBody = specializer(operation, around);
  const condition = typedOperand(operation, operands, 0, BOOLEAN);
  if (elements(condition.dims) !== 1)
    throw malformed(operation, `its condition is [${condition.dims}]; expected one truth value`);
  const captured = operands.slice(1);
  const all = [operation.elseBranch, operation.thenBranch];
  // A branch that is never taken need not fit.
  const taken = condition.data ? [Number(condition.data[0] !== 0)] : [0, 1];
  const shapes = all.map((body, i) =>
    taken.includes(i) ? specializeBody(body, new Map(given(operation, body, captured))) : null,
  );
  const results = taken.map((i) => operation.outputs.map((_, at) => resultOf(operation, all[i], shapes[i]!, at)));
  const [first, other = first] = results;
  first.forEach(({ type, dims }, at) => {
    if (type !== other[at].type || `${dims}` !== `${other[at].dims}`) {
      throw unsupported(
        operation,
        `its branches give [${dims}] and [${other[at].dims}], and which is taken is only known when the network runs; ` +
          'export with fixed sizes, or make the condition a constant',
      );
    }
  });
  const counts = first.map(({ dims }) => elements(dims));
  const runs: (BodyRun | null)[] = [null, null];
  const isKnown = taken.length === 1;
  const branchCosts = taken.map((i) => bodyCost(shapes[i]!));
  return {
    outputs: first.map(({ type, dims }): Shape => ({ type, dims })),
    known: first.map(({ data }) => (isKnown ? data : null)),
    work: Math.max(...branchCosts.map(({ work }) => work)),
    least: Math.max(...branchCosts.map(({ least }) => least)),
    multiplyAdds: Math.max(...branchCosts.map(({ multiplyAdds }) => multiplyAdds)),
    compute: (inputs, outputs) => {
      const i = isKnown ? taken[0] : Number(inputs[0]![0] !== 0);
      const run = (runs[i] ??= new BodyRun(all[i], shapes[i]!));
      for (let at = 1; at < inputs.length; at++) run.give(at - 1, inputs[at]!);
      run.compute();
      for (let at = 0; at < outputs.length; at++)
        if (outputs[at]) copyNumbers(run.result(at), outputs[at]!, counts[at]);
    },
  };
};
