import { existsSync } from 'node:fs';
import { loadClientConnectConfig } from '@temporalio/envconfig';

/** A variable of Temporal's SDK whose value is wrong, and an example of a valid value. */
interface Problem {
  readonly name: string;
  readonly problem: string;
  readonly example: string;
}

const switches = ['TEMPORAL_TLS', 'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION'];
const examples: Readonly<Record<string, string>> = {
  TEMPORAL_PROFILE: 'default',
  TEMPORAL_CONFIG_FILE: '/etc/orders/temporal.toml',
};

/**
 * Checks the variables of Temporal's SDK at the start. The SDK reads them only when a process connects, and ignores
 * some wrong values without an error: `TEMPORAL_TLS=yes` would switch TLS off.
 */
export function temporalProblems(env: NodeJS.ProcessEnv): Problem[] {
  const problems: Problem[] = [];
  const report = (name: string, problem: string, example: string) => problems.push({ name, problem, example });
  for (const name of switches) {
    const text = env[name];
    if (text === undefined || ['true', '1', 'false', '0'].includes(text)) continue;
    report(name, `${JSON.stringify(text)} is neither true nor false`, 'true');
  }
  const file = env.TEMPORAL_CONFIG_FILE;
  if (file && !existsSync(file)) {
    report('TEMPORAL_CONFIG_FILE', 'names a file that is not there', '/etc/orders/temporal.toml');
  }
  for (const kind of ['PATH', 'DATA']) {
    const [certificate, key] = ['CERT', 'KEY'].map((part) => `TEMPORAL_TLS_CLIENT_${part}_${kind}`) as [string, string];
    if (Boolean(env[certificate]) === Boolean(env[key])) continue;
    const missing = env[certificate] ? key : certificate;
    report(
      missing,
      `is missing: ${certificate} and ${key} go together`,
      kind === 'PATH' ? '/etc/orders/client.pem' : '…',
    );
  }
  return problems.length > 0 ? problems : unreadable(env);
}

function unreadable(env: NodeJS.ProcessEnv): Problem[] {
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  try {
    loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(set) });
    return [];
  } catch (error) {
    const { message } = error as Error;
    const culprit = set.find(([name, value]) => name.startsWith('TEMPORAL_') && value && message.includes(value));
    const name = culprit?.[0] ?? 'TEMPORAL_CONFIG_FILE';
    const problem = `cannot be used: ${message.replaceAll(/\s+/g, ' ').trim()}`;
    return [{ name, problem, example: examples[name] ?? '/etc/orders/ca.pem' }];
  }
}
