import test from 'ava';
import { loadConfig, variableNames } from '../../src/config/config.js';
import { composeVariables, read } from './files.js';

const lines = [...read('.env.example').matchAll(/^#?([A-Z_]+)=(.*)$/gm)];
const values = Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value]));

test('.env.example lists exactly the variables of the processes and of the compose file', (t) => {
  const known = new Set<string>([...variableNames, ...composeVariables.keys()]);
  t.deepEqual(lines.map(([, name]) => name).sort(), [...known].sort());
});

test('every value in .env.example is accepted', (t) => {
  t.notThrows(() => loadConfig(values, variableNames));
});

test('the defaults that .env.example shows are those of the compose file', (t) => {
  for (const [name, fallback] of composeVariables) {
    if (name === 'PAYMENT_PROVIDER_URL') continue; // inside Compose the simulator's address is its service name
    t.is(values[name], fallback, name);
  }
});

test('a copy of .env.example changes nothing until a line is uncommented', (t) => {
  t.deepEqual(
    lines.filter(([line]) => !line.startsWith('#')),
    [],
  );
});
