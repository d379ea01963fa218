import { hash } from 'node:crypto';

/** Numbers from 0 to 1, the same ones for the same name: a test prints the seed that it puts into the name. */
export function drawer(name: string): () => number {
  let drawn = 0;
  return () => Number.parseInt(hash('sha256', `${name} ${drawn++}`).slice(0, 12), 16) / 16 ** 12;
}
