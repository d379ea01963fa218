import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';

interface Tool {
  /** The oldest supported version, and why. */
  readonly needed: string;
  readonly why: string;
  /** What mends it, after "install ". */
  readonly from: string;
}

const tools = {
  MariaDB: { needed: '10.6', why: 'for SKIP LOCKED', from: 'https://mariadb.org/download' },
  MySQL: { needed: '8.0.16', why: 'for SKIP LOCKED and CHECK', from: 'https://dev.mysql.com/downloads' },
  RabbitMQ: { needed: '3.10', why: 'the oldest that is tested', from: 'https://www.rabbitmq.com/docs/download' },
  Erlang: { needed: '23.2', why: 'for RabbitMQ 3.10', from: 'https://www.rabbitmq.com/docs/which-erlang' },
  'Temporal server': { needed: '1.28', why: 'for worker deployment versions', from: 'https://docs.temporal.io/cli' },
  'Docker Compose': { needed: '2.17', why: 'for --wait-timeout', from: 'https://docs.docker.com/compose/install' },
} satisfies Record<string, Tool>;

export type ToolName = keyof typeof tools;

const numbers = (version: string): number[] => version.split('.').map((part) => Number.parseInt(part, 10) || 0);

/** Compares number by number: 10.11 is later than 10.6, and a missing number counts as 0. */
function isOlder(version: string, needed: string): boolean {
  const [found, wanted] = [numbers(version), numbers(needed)];
  const at = wanted.findIndex((number, index) => (found[index] ?? 0) !== number);
  return at !== -1 && (found[at] ?? 0) < (wanted[at] ?? 0);
}

export interface TooOld {
  readonly problem: string;
  readonly mend: string;
}

/** Undefined for a supported version, and for an unknown version. */
export function tooOld(name: ToolName, version: string | undefined): TooOld | undefined {
  const { needed, why, from } = tools[name];
  const numeric = version === undefined ? undefined : /\d+(\.\d+)+/.exec(version)?.[0];
  if (numeric === undefined || !isOlder(numeric, needed)) return undefined;
  const mend = `install ${name} ${needed} or later: ${from}`;
  return { problem: `${name} ${numeric} is too old: ${needed} or later is needed, ${why}`, mend };
}

/** The first group of `pattern` in a program's output; undefined when the program does not run or nothing matches. */
function printedBy(file: string, args: readonly string[], pattern: RegExp): string | undefined {
  const { stdout } = spawnSync(file, args, { encoding: 'utf8', timeout: 60_000 });
  return pattern.exec(stdout ?? '')?.[1];
}

/** The product that a database's version belongs to. */
export const databaseOf = (version: string): 'MariaDB' | 'MySQL' => (/mariadb/i.test(version) ? 'MariaDB' : 'MySQL');

export const mysqlVersion = (server: string): string | undefined => printedBy(server, ['--version'], /Ver (\S+)/);

export const temporalVersion = (binary: string): string | undefined =>
  printedBy(binary, ['--version'], /Server (\d+\.\d+[.\d]*)/);

export const composeVersion = (docker: string): string | undefined =>
  printedBy(docker, ['compose', 'version'], /Compose version v?(\d+\.\d+[.\d]*)/);

const otpRelease = 'io:format("~s", [erlang:system_info(otp_release)]), halt().';

/** Erlang prints only its release, such as 23, which stands for every 23.x. */
export function erlangVersion(erl: string): string | undefined {
  const release = printedBy(erl, ['-noshell', '-eval', otpRelease], /^(\d+)/);
  return release && `${release}.99`;
}

/** The script prints no version without starting Erlang, but every package has the version in its folder's name. */
export const rabbitmqVersion = (script: string): string | undefined =>
  /rabbitmq(?:_server-|\/)(\d+\.\d+[.\d]*)/.exec(realpathSync(script))?.[1];
