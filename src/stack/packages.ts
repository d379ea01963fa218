import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { findBinary, findMysqlServer, findRabbitmqServer } from './binaries.js';
import type { StackContext } from './context.js';
import { runStep } from './server-process.js';

/**
 * Installs servers from Debian's or Ubuntu's packages, for root on a machine without the servers and without Docker.
 */
export interface PackageInstaller {
  unavailable(): string | undefined;
  /** Installs all missing packages. Several calls share one installation. */
  install(): Promise<void>;
}

const policyFile = '/usr/sbin/policy-rc.d';
const policy = '#!/bin/sh\n# order-bridge: install these packages without starting their services\nexit 101\n';

/** The packages that are missing on this machine, for the servers that no address names. */
function missingPackages(env: NodeJS.ProcessEnv): string[] {
  const missing: string[] = [];
  if (!env.MYSQL_URL && findMysqlServer(env) === undefined) missing.push('mariadb-server');
  if (!env.AMQP_URL && findRabbitmqServer(env) === undefined) missing.push('rabbitmq-server');
  return missing;
}

export function isDebianLike(): boolean {
  if (!existsSync('/etc/os-release')) return false;
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
}

async function agreed(context: StackContext, question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`${question} [Y/n] `, { signal: context.signal });
    return !/^\s*n/i.test(answer);
  } finally {
    terminal.close();
  }
}

async function installPackages(context: StackContext, packages: readonly string[]): Promise<void> {
  const command = `apt-get install -y ${packages.join(' ')}`;
  context.say(`Installing ${packages.join(' and ')} from this system's packages, without their services: ${command}`);
  if (!(await agreed(context, 'Go ahead?'))) throw new Error('the installation was declined');
  const env = { ...context.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]) =>
    runStep(context, { name: 'apt', file: 'apt-get', args: ['-o', 'DPkg::Lock::Timeout=300', ...args], env });
  const ownPolicy = !existsSync(policyFile);
  if (ownPolicy) {
    // If this run is killed, the reaper removes the file: with it no package of this machine would start its service.
    context.reaper.send({ kind: 'remove', path: policyFile });
    writeFileSync(policyFile, policy, { mode: 0o755 });
  }
  try {
    await apt('update');
    await apt('install', '-y', '--no-install-recommends', ...packages);
  } finally {
    if (ownPolicy) {
      rmSync(policyFile, { force: true });
      context.reaper.send({ kind: 'keep', path: policyFile });
    }
  }
}

export function createPackageInstaller(context: StackContext): PackageInstaller {
  let installation: Promise<void> | undefined;
  return {
    unavailable() {
      if (context.env.NODE_ENV?.trim() === 'production') return 'NODE_ENV=production installs nothing';
      if (context.env.ORDERS_NO_INSTALL === '1') return 'ORDERS_NO_INSTALL=1 forbids installing';
      if (!isDebianLike()) return 'this is neither Debian nor Ubuntu';
      if (process.getuid?.() !== 0) return 'only root may install packages';
      if (findBinary(context.env, 'apt-get') === undefined) return 'apt-get was not found on PATH';
      return undefined;
    },
    install: () => (installation ??= installPackages(context, missingPackages(context.env))),
  };
}
