import { type Config, ConfigError, loadConfig, missing } from '../config/config.js';
import type { Finding } from './doctor-finding.js';

interface Looked {
  readonly what: string;
  readonly names: readonly (keyof Config)[];
  /** The process that reads them. */
  readonly reader: string;
  /** What `npm start` does where none of them is set. */
  readonly unset: string;
  /** The reader cannot do without, and others can. */
  readonly isNeeded?: true;
}

const looked: readonly Looked[] = [
  { what: 'payments', names: ['PAYMENT_WEBHOOK_SECRET'], reader: 'the API', unset: 'npm start makes one' },
  {
    what: 'payments',
    names: ['PAYMENT_PROVIDER_URL'],
    reader: 'the worker',
    unset: 'npm start runs a simulator',
    isNeeded: true,
  },
  { what: 'payments', names: ['PAYMENT_PROVIDER_TOKEN'], reader: 'the worker', unset: 'npm start makes one' },
  {
    what: 'Stripe',
    names: ['STRIPE_WEBHOOK_SECRET', 'STRIPE_SECRET_KEY'],
    reader: 'the API and the worker',
    unset: 'Stripe is not used',
  },
  {
    what: 'checkouts',
    names: ['CHECKOUT_TOKEN', 'CHECKOUT_OPEN'],
    reader: 'the API',
    unset: 'npm start makes a token, and lets anyone buy',
  },
  { what: 'operators', names: ['ADMIN_TOKEN'], reader: 'the API', unset: 'npm start makes one' },
];

/**
 * The secrets and the provider's address, by the rules of the processes that read them; no finding holds a value.
 *
 * @param forbidden why nothing here is made by `npm start`, so that what is not set is missing
 */
export function diagnoseSecrets(env: NodeJS.ProcessEnv, forbidden: string | undefined): Finding[] {
  return looked.map(({ what, names, reader, unset, isNeeded }) => {
    const isSet = names.some((name) => env[name] !== undefined);
    if (!isSet && (forbidden === undefined || what === 'Stripe')) {
      return { what, found: `${names.join(', ')} not set: ${unset}` };
    }
    try {
      loadConfig(env, names);
      if (!isSet && isNeeded && names[0] !== undefined) throw missing(names[0]);
      return { what, found: `${names.join(', ')} well formed` };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const mend = isSet && !forbidden ? 'correct it, or unset it' : `set it for ${reader}`;
      return { what, found: error.message.replaceAll('\n', ' '), mend };
    }
  });
}
