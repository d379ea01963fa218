import test from 'ava';
import type { Command } from 'commander';
import { createOrdersCommand } from '../../src/cli/orders-command.js';
import { variableNames } from '../../src/config/config.js';
import { json, read } from '../compose/files.js';
import { orders } from './orders.js';

const ordersCommand = createOrdersCommand({ env: {}, say: () => undefined, toStderr: () => undefined });
const { version } = json<{ version: string }>('package.json');

const commandsOf = (command: Command): Command[] => [command, ...command.commands.flatMap(commandsOf)];

const pathOf = (command: Command): string =>
  command.parent === null ? 'orders' : `${pathOf(command.parent)} ${command.name()}`;

function helpOf(command: Command): string {
  const parts: string[] = [];
  command.configureOutput({ writeOut: (part) => void parts.push(part) });
  command.outputHelp();
  return parts.join('');
}

test('the help of each command has an example of this command, its variables and its exit codes', (t) => {
  const commands = commandsOf(ordersCommand);
  t.true(commands.length > 15);
  for (const command of commands) {
    const [path, help] = [pathOf(command), helpOf(command)];
    const examples = [...help.matchAll(/^ {2}\$ (orders .*)$/gm)].map(([, line = '']) => line);
    t.true(examples.length > 0 && examples.every((line) => line.startsWith(path)), help);
    t.regex(help, /\nVariables:\n {2}\S/, path);
    t.regex(help, /\nExit codes:\n {2}0 {2}done\n {2}1 {2}\S.*\n$/, path);
    for (const [, name = ''] of help.matchAll(/^ {2}([A-Z_]+)$/gm)) {
      t.true(variableNames.includes(name as never), `${path}: ${name}`);
    }
  }
});

test('each example of the help is a command with existing options', (t) => {
  for (const command of commandsOf(ordersCommand)) {
    for (const [, line = ''] of helpOf(command).matchAll(/^ {2}\$ orders (.*)$/gm)) {
      const [words = ''] = line.split(' | ');
      let named = ordersCommand;
      for (const word of words.split(' ')) named = named.commands.find((one) => one.name() === word) ?? named;
      t.not(named, ordersCommand, line);
      for (const [option] of words.matchAll(/--[a-z-]+/g)) {
        t.true(
          named.options.some(({ long }) => long === option),
          line,
        );
      }
    }
  }
});

test('the version is written in package.json and its lockfile alone, and --version prints the version', async (t) => {
  const { code, out } = await orders(['--version'], {});
  t.deepEqual([code, out], [0, `${version}\n`]);
  const tagsIn = (file: string) => [...read(file).matchAll(/\border-bridge:(\d[\w.-]*)/g)].map(([, tag]) => tag);
  for (const file of ['docker-compose.yml', 'docs/running.md']) t.deepEqual(tagsIn(file), [], file);
  const lock = json<{ version: string; packages: Record<string, { version: string }> }>('package-lock.json');
  t.deepEqual([lock.version, lock.packages['']?.version], [version, version]);
});
