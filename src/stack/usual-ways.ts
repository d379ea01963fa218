import type { HealthyServer, StackContext } from './context.js';
import type { Docker } from './docker.js';
import type { Way } from './first-that-works.js';
import type { PackageInstaller } from './packages.js';
import type { TooOld } from './tool-versions.js';

export interface Source<Addresses> {
  readonly variable: string;
  readonly names: string;
  check(url: string): Promise<HealthyServer<Addresses>>;
  find(): string | undefined;
  /** What is wrong with the binary that was found. */
  tooOld(binary: string): TooOld | undefined;
  startPrivate(binary: string): Promise<HealthyServer<Addresses>>;
  startInDocker(): Promise<HealthyServer<Addresses>>;
}

export const hereLabel = 'a private server from this machine';
export const unless = (value: string | undefined, reason: string): string | undefined => (value ? undefined : reason);

/** The ways to a server that Docker and the distribution's packages also provide. */
export function usualWays<A>(
  source: Source<A>,
  context: StackContext,
  docker: Docker,
  packages: PackageInstaller,
): Way<A>[] {
  const url = context.env[source.variable]?.trim();
  const missing = `${source.names} was not found on PATH or in the usual folders`;
  // When the machine's own server fails, its log names the cause. A server from Docker or a package would hide it.
  const usable = () => {
    const binary = source.find();
    return binary !== undefined && source.tooOld(binary) === undefined ? binary : undefined;
  };
  const problem = () => {
    const binary = source.find();
    if (binary === undefined) return missing;
    const old = source.tooOld(binary);
    return old && `${binary}: ${old.problem}; ${old.mend}`;
  };
  const tooMany = () => (usable() === undefined ? undefined : 'not tried, as this machine has a server');
  const start = () => {
    const binary = usable();
    if (binary === undefined) throw new Error(problem());
    return source.startPrivate(binary);
  };
  const named: Way<A> = {
    label: source.variable,
    origin: 'environment',
    unavailable: () => unless(url, 'not set'),
    start: () => source.check(url as string),
  };
  // With an address in the environment, no other server is used.
  if (url) return [named];
  return [
    named,
    { label: hereLabel, origin: 'private', unavailable: problem, start },
    {
      label: 'Docker',
      origin: 'docker',
      unavailable: async () => tooMany() ?? (await docker.unavailable()),
      start: () => source.startInDocker(),
    },
    {
      label: "the distribution's packages",
      origin: 'private',
      unavailable: () => tooMany() ?? packages.unavailable(),
      start: async () => {
        await packages.install();
        return start();
      },
    },
  ];
}
