import { figureOf } from './harness/compare.js';
import type { Bench, Figure } from './harness/figure.js';
import { type Buyers, startBuyers } from './peers/buyers.js';
import { alone, type Contestant } from './peers/contestant.js';
import { peers as known } from './peers/list.js';
import { createRounds, hot, MEASURES, type Measures, names, windowOf } from './peers/measure.js';
import { startOurs } from './peers/ours.js';
import { startPeer } from './peers/peer.js';
import { openPeerServers } from './peers/servers/context.js';
import { plenty, scarce, VERIFY_WINDOW_MS, verify } from './peers/verify.js';

const ROUNDS = 3;
const products = [scarce, plenty, hot];

/**
 * The same job as its users would write it with other tools: reserve stock, pay, or cancel and release at the deadline,
 * safe against `kill -9`. `PEERS=bullmq,dbos` limits the run to some peers. A peer that does the job wrong gets no
 * figures. Ends with a check of each order and of the stock of each system.
 */
export async function peers(bench: Bench): Promise<Figure[]> {
  const wanted = process.env['PEERS']?.split(',');
  const chosen = known.filter(({ name }) => wanted?.includes(name) ?? true);
  const { context, stop } = await openPeerServers(bench.env);
  const running: Contestant[] = [];
  const start = { products, windowMs: VERIFY_WINDOW_MS };
  const windowMs = windowOf(chosen.length + 1);
  try {
    const buyers = await startBuyers(context);
    running.push(await startOurs(bench, start));
    await checked(running, buyers, windowMs);
    for (const peer of chosen) {
      try {
        running.push(await startPeer(peer, { context, bench, ...start }));
        await checked(running, buyers, windowMs);
      } catch (error) {
        // The other peers are still worth their figures.
        console.error(`no figures of ${peer.name}:`, error);
        process.exitCode = 1;
        if (running.at(-1)?.name === peer.name) await running.pop()?.stop();
      }
    }
    const { rounds, check } = createRounds(buyers, windowMs);
    const runs: Runs = new Map(running.map((contestant) => [contestant, []]));
    for (const work of rounds) {
      for (let round = -1; round < ROUNDS; round++) {
        for (const contestant of running) {
          const measured = await alone(contestant, running, () => work(contestant));
          if (round >= 0) runs.get(contestant)?.push(measured);
        }
      }
    }
    for (const contestant of running) await check(contestant);
    await buyers.stop();
    return figuresOf(running, runs);
  } finally {
    for (const contestant of running) await contestant.stop();
    await stop();
  }
}

/** Checks the newest contestant and leaves it with the long window. @throws when it does the job wrong */
async function checked(running: readonly Contestant[], buyers: Buyers, windowMs: number): Promise<void> {
  const contestant = running.at(-1) as Contestant;
  const { name, linesOfCode, durability } = contestant;
  console.log(`${name}: ${linesOfCode} lines; ${durability}; is checked …`);
  await alone(contestant, running, () => verify(contestant, buyers));
  await contestant.kill();
  await contestant.start({ windowMs });
}

type Runs = ReadonlyMap<Contestant, Measures[]>;

function figuresOf([ours, ...others]: readonly Contestant[], runs: Runs): Figure[] {
  const of = (contestant: Contestant | undefined, name: keyof typeof MEASURES) =>
    ((contestant && runs.get(contestant)) ?? []).flatMap((round) => round[name] ?? []);
  return others.flatMap((peer) => [
    ...names.map((name) =>
      figureOf(
        { name: `peers: ${peer.name}: ${name}`, ...MEASURES[name] },
        { ours: of(ours, name), baseline: of(peer, name) },
      ),
    ),
    figureOf(
      { name: `peers: ${peer.name}: lines of code`, unit: 'lines', better: 'smaller' },
      { ours: [{ value: ours?.linesOfCode ?? 0 }], baseline: [{ value: peer.linesOfCode }] },
    ),
  ]);
}
