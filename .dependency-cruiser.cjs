const { join } = require('node:path');

/**
 * The import table of docs/architecture.md as rules. They look at the imports as written (`tsPreCompilationDeps`),
 * since the workflow sandbox lets a module that reads `process.env` through without a word.
 */

const OURS = '^(src|workflows|activities)/';
const npm = (...names) => `(^|/)node_modules/(${names.join('|')})/`;
const TYPE_ONLY = 'type-only';

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const forbidden = [
  {
    name: 'workflows-stay-deterministic',
    comment: 'A workflow is replayed: it may only use itself, the pure domain and the SDK that patches its sandbox.',
    severity: 'error',
    from: { path: '^workflows/' },
    to: { pathNot: ['^workflows/', '^src/domain/', '^activities/', npm('@temporalio/workflow', '@temporalio/common')] },
  },
  {
    name: 'workflows-know-activities-as-types',
    comment: 'An activity that is imported as a value runs inside the workflow, outside of the history.',
    severity: 'error',
    from: { path: '^workflows/' },
    to: { path: '^activities/', dependencyTypesNot: [TYPE_ONLY] },
  },
  {
    name: 'activities-are-given-their-stores',
    comment: 'Activities are factories: what they touch is passed in, so they know it as a type and no more.',
    severity: 'error',
    from: { path: '^activities/' },
    to: {
      pathNot: ['^activities/', '^src/domain/', npm('@temporalio/activity', '@temporalio/common')],
      dependencyTypesNot: [TYPE_ONLY],
    },
  },
  {
    name: 'domain-imports-nothing',
    comment:
      'The rules of an order are pure: no driver, no Node module, not even a type from outside. The table of ISO 4217 is data.',
    severity: 'error',
    from: { path: '^src/domain/' },
    to: { pathNot: ['^src/domain/', npm('currency-codes')] },
  },
  {
    name: 'currencies-have-one-source',
    comment: 'src/domain/currency.ts adds what ISO 4217 changed after the table of the library.',
    severity: 'error',
    from: { pathNot: '^(src/domain/currency|test/domain/currency\\.test)\\.ts$' },
    to: { path: npm('currency-codes') },
  },
  {
    name: 'stores-know-only-the-domain',
    comment: 'MySQL, RabbitMQ, Temporal, HTTP and the payment provider meet in the processes and nowhere else.',
    severity: 'error',
    from: { path: '^src/(db|amqp|temporal|http|payments|endpoints)/' },
    to: {
      path: OURS,
      pathNot: [
        '^src/$1/',
        '^src/domain/',
        '^src/config/',
        '^src/schemas/',
        '^workflows/(contract|search-attributes)\\.ts$',
      ],
    },
  },
  {
    name: 'schemas-know-only-the-domain',
    comment: 'What is sent has one shape on each way: RabbitMQ, HTTP and their descriptions read it here.',
    severity: 'error',
    from: { path: '^src/schemas/' },
    to: { path: OURS, pathNot: ['^src/schemas/', '^src/domain/'] },
  },
  {
    name: 'stores-know-config-as-types',
    comment: 'The processes read the environment and pass on the values.',
    severity: 'error',
    from: { path: '^src/(db|amqp|temporal|http|payments|endpoints)/' },
    to: { path: '^src/config/', dependencyTypesNot: [TYPE_ONLY] },
  },
  {
    name: 'contract-is-for-callers-of-temporal',
    comment: 'Database and broker carry orders without knowing that a workflow sees to them.',
    severity: 'error',
    from: { path: '^src/(db|amqp|payments|endpoints)/' },
    to: { path: '^workflows/' },
  },
  {
    name: 'simulator-stands-alone',
    comment: 'The payment provider is another company: it knows the shop by HTTP only.',
    severity: 'error',
    from: { path: '^src/simulator/' },
    to: { path: OURS, pathNot: ['^src/simulator/'] },
  },
  {
    name: 'only-db-knows-mysql',
    severity: 'error',
    from: { path: OURS, pathNot: ['^src/(db|stack|cli)/'] },
    to: { path: npm('mysql2') },
  },
  {
    name: 'only-amqp-knows-amqplib',
    severity: 'error',
    from: { path: OURS, pathNot: ['^src/(amqp|stack|cli)/'] },
    to: { path: npm('amqplib') },
  },
  {
    name: 'nothing-imports-a-process',
    comment: 'A process is wiring and starts at import: a test starts it as a child.',
    severity: 'error',
    from: {},
    to: { path: '^src/(api|bridge|worker|provider-simulator)\\.ts$' },
  },
  {
    name: 'production-imports-no-stack-and-no-cli',
    comment: 'The processes serve without the command line, and without the servers that `npm start` brings.',
    severity: 'error',
    from: { path: OURS, pathNot: ['^src/(stack|cli)/'] },
    to: { path: ['^src/(stack|cli)/', '^tools/'] },
  },
  {
    name: 'stack-imports-no-cli',
    severity: 'error',
    from: { path: '^src/stack/' },
    to: { path: '^src/cli/' },
  },
  {
    name: 'no-tests-in-the-product',
    severity: 'error',
    from: { path: OURS },
    to: { path: '^(test|bench)/' },
  },
  {
    name: 'no-dev-dependency-at-run-time',
    comment: 'The image is installed without devDependencies.',
    severity: 'error',
    from: { path: OURS },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: [TYPE_ONLY] },
  },
  { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
  {
    name: 'everything-resolves',
    comment: 'The benchmark installs the libraries of a peer, so a checkout has none of these libraries.',
    severity: 'error',
    from: { pathNot: '^bench/peers/[^/]+/src/' },
    to: { couldNotResolve: true },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: join(__dirname, 'tsconfig.json') },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
    },
  },
};
