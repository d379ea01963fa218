import test from 'ava';
import { until as untilAnswer } from '../../src/cli/story/until.js';
import { createGroupCommit } from '../../src/db/driver/group-commit.js';
import { DomainError } from '../../src/domain/errors.js';

const until = <T>(what: string, ask: () => T, good: (answer: T) => boolean) =>
  untilAnswer(what, async () => ask(), good);

interface Run {
  readonly inputs: readonly number[];
  readonly answer: (outputs?: readonly string[]) => void;
  readonly fail: (error: Error) => void;
}

/** A group commit whose runs wait until the test answers them. */
function held(options: Partial<Parameters<typeof createGroupCommit>[1]> = {}) {
  const runs: Run[] = [];
  const add = createGroupCommit(
    (inputs: readonly number[]) =>
      new Promise<readonly string[]>((resolve, reject) => {
        const named = inputs.map((input) => `n${input}`);
        runs.push({ inputs, answer: (outputs = named) => resolve(outputs), fail: reject });
      }),
    { largest: 3, atOnce: 1, waiting: 100, ...options },
  );
  const inputs = () => runs.map((run) => run.inputs);
  const run = (index: number): Run => {
    const found = runs[index];
    if (found === undefined) throw new Error(`run ${index} has not begun`);
    return found;
  };
  return { add, inputs, run };
}

test('the first call runs at once and alone', (t) => {
  const { add, inputs } = held();
  void add(1);
  t.deepEqual(inputs(), [[1]]);
  t.is(add.depth(), 0);
});

test('calls that wait run together, in their sequence, when the previous run has ended', async (t) => {
  const { add, inputs, run } = held();
  const first = add(1);
  const others = [add(2), add(3)];
  t.deepEqual(inputs(), [[1]]);
  t.is(add.depth(), 2);
  run(0).answer();
  t.is(await first, 'n1');
  t.deepEqual(inputs(), [[1], [2, 3]]);
  run(1).answer();
  t.deepEqual(await Promise.all(others), ['n2', 'n3']);
});

test('a run has no more inputs than allowed, and the other inputs go into the next run', async (t) => {
  const { add, inputs, run } = held({ largest: 2 });
  const all = [1, 2, 3, 4].map((input) => add(input));
  run(0).answer();
  await all[0];
  run(1).answer();
  await Promise.all(all.slice(1, 3));
  t.deepEqual(inputs(), [[1], [2, 3], [4]]);
  run(2).answer();
  t.is(await all[3], 'n4');
});

test('no more runs than allowed are under way at the same time', async (t) => {
  const { add, inputs, run } = held({ atOnce: 2 });
  const all = [1, 2, 3, 4].map((input) => add(input));
  t.deepEqual(inputs(), [[1], [2]]);
  run(1).answer();
  await all[1];
  t.deepEqual(inputs(), [[1], [2], [3, 4]]);
  run(0).answer();
  run(2).answer();
  await Promise.all(all);
});

test('a call beyond the calls that may wait is refused, and no run has its input', async (t) => {
  const { add, inputs, run } = held({ waiting: 2 });
  const taken = [add(1), add(2), add(3)];
  await t.throwsAsync(add(4), { name: 'DomainError', message: /waiting/ });
  await t.throwsAsync(add(5), { code: 'overloaded' });
  run(0).answer();
  await taken[0];
  run(1).answer();
  await Promise.all(taken);
  t.deepEqual(inputs(), [[1], [2, 3]]);
});

test('a run that fails with a domain error rejects only its own inputs', async (t) => {
  const { add, run } = held();
  const first = add(1);
  const second = Promise.allSettled([add(2), add(3)]);
  run(0).answer();
  await first;
  run(1).fail(new DomainError('dependency-unavailable', 'no luck'));
  const third = add(4);
  for (const result of await second) t.is(result.status === 'rejected' && result.reason.message, 'no luck');
  run(2).answer();
  t.is(await third, 'n4');
});

test('a run that throws at once rejects its own inputs, and the next run starts', async (t) => {
  let broken = true;
  const add = createGroupCommit(
    (inputs: readonly number[]) => {
      if (broken) throw new Error('at once');
      return Promise.resolve(inputs);
    },
    { largest: 10, atOnce: 1, waiting: 10 },
  );
  await t.throwsAsync(add(1), { message: 'at once' });
  broken = false;
  t.is(await add(2), 2);
});

test('an output that is a promise delays no other run, and rejects only its own input', async (t) => {
  const { promise: late, reject: refuse } = Promise.withResolvers<number>();
  const add = createGroupCommit(
    async (inputs: readonly number[]) => inputs.map((input) => (input === 2 ? late : input)),
    {
      largest: 10,
      atOnce: 1,
      waiting: 10,
    },
  );
  const [first, second, third] = [add(1), add(2), add(3)];
  t.deepEqual(await Promise.all([first, third]), [1, 3]);
  t.is(await add(4), 4);
  refuse(new Error('too late'));
  await t.throwsAsync(second, { message: 'too late' });
});

test('a run that returns fewer outputs than inputs runs again in halves', async (t) => {
  const { add, inputs, run } = held();
  void add(1);
  const waiting = Promise.allSettled([add(2), add(3)]);
  run(0).answer();
  await until('the second run', inputs, (all) => all.length === 2);
  run(1).answer(['n2']);
  await until('the first half', inputs, (all) => all.length === 3);
  run(2).answer();
  await until('the second half', inputs, (all) => all.length === 4);
  run(3).answer([]);
  const [second, third] = await waiting;
  t.deepEqual(second, { status: 'fulfilled', value: 'n2' });
  t.is(third.status === 'rejected' && third.reason.message, '0 answers to 1 inputs');
});

/** A group commit whose runs fail for the inputs with an `errorOf`, and the runs that it made. */
function failing(errorOf: (input: number) => Error | undefined, largest = 100) {
  const runs: number[][] = [];
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const add = createGroupCommit(
    async (inputs: readonly number[]) => {
      runs.push([...inputs]);
      await opened;
      for (const input of inputs) {
        const error = errorOf(input);
        if (error !== undefined) throw error;
      }
      return inputs;
    },
    { largest, atOnce: 1, waiting: 1_000, endsAll: (error) => error instanceof DomainError },
  );
  return { add, runs, open: () => open() };
}

test('only the input that makes its run fail gets the error, and the other inputs are answered in order', async (t) => {
  const { add, runs, open } = failing((input) => (input === 5 ? new Error('bad input') : undefined));
  const all = Promise.allSettled(Array.from({ length: 65 }, (_, index) => add(index)));
  open();
  const answers = await all;
  for (const [index, answer] of answers.entries()) {
    if (index === 5) t.is(answer.status === 'rejected' && answer.reason.message, 'bad input');
    else t.deepEqual(answer, { status: 'fulfilled', value: index });
  }
  t.true(runs.length <= 2 + 2 * Math.log2(64), `${runs.length} runs`);
  const last = new Map(runs.flatMap((inputs, at) => inputs.map((input) => [input, at])));
  t.deepEqual(
    [...last.values()],
    [...last.values()].toSorted((a, b) => a - b),
  );
});

test('an outage while halves run rejects all waiting inputs, after one time-out', async (t) => {
  const away = new DomainError('dependency-unavailable', 'away');
  const { add, runs, open } = failing((input) =>
    input === 4 ? new Error('bad input') : input === 1 ? away : undefined,
  );
  const seen = [add(0), add(4), add(1), add(2), add(3)];
  open();
  const answers = await Promise.allSettled(seen);
  t.deepEqual(
    answers.map((answer) => (answer.status === 'rejected' ? answer.reason.message : answer.value)),
    [0, 'bad input', 'away', 'away', 'away'],
  );
  t.deepEqual(runs, [[0], [4, 1, 2, 3], [4, 1], [4], [1]]);
});

test('a run has no more weight than allowed, in the order of its inputs; a heavier input runs alone', async (t) => {
  const { add, inputs, run } = held({ largest: 100, weight: { of: (input) => input as number, most: 10 } });
  const all = [1, 4, 6, 1, 50, 2, 3].map((input) => add(input));
  for (let index = 0; index < 5; index++) {
    await until('the next run', inputs, (begun) => begun.length === index + 1);
    run(index).answer();
  }
  await Promise.all(all);
  t.deepEqual(inputs(), [[1], [4, 6], [1], [50], [2, 3]]);
});

test('idle resolves at once when nothing runs, otherwise after the last waiting call', async (t) => {
  const { add, run } = held();
  await add.idle();
  const all = [add(1), add(2)];
  let idle = false;
  const settled = add.idle().then(() => {
    idle = true;
  });
  run(0).answer();
  await all[0];
  await new Promise(setImmediate);
  t.false(idle);
  run(1).answer();
  await settled;
  t.is(await all[1], 'n2');
});
