import express, { type Express, Router } from 'express';
import { messageOf, NotSetUp } from '../domain/errors.js';
import { withTimeout } from '../domain/with-timeout.js';

/**
 * The check of one dependency. `check` resolves while the dependency answers; a text that it resolves with is shown as
 * `remark`. Without a `vital` dependency `/readyz` returns 503.
 */
export interface DependencyCheck {
  readonly name: string;
  readonly vital: boolean;
  readonly check: () => Promise<unknown>;
}

export interface HealthDeps {
  readonly dependencies: readonly DependencyCheck[];
  /** True from the beginning of a shutdown: `/readyz` then returns 503, and requests under way end. */
  readonly stopping: () => boolean;
  /** Prometheus text and its content type. */
  readonly metrics: { readonly contentType: string; readonly metrics: () => Promise<string> };
}

/** A rule of thumb: a dependency that works answers in milliseconds, and a probe must not wait for long. */
const CHECK_TIMEOUT_MS = 2_000;
const noAnswer = () => new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`);

/** `/livez`, `/readyz` and `/metrics`, the same in every process. */
export function healthRoutes({ dependencies, stopping, metrics }: HealthDeps): Router {
  const router = Router();
  router.get('/livez', (_request, response) => void response.json({ status: 'ok' }));

  router.get('/readyz', async (_request, response) => {
    const states = await Promise.all(dependencies.map(stateOf));
    const down = states.filter(({ status }) => status === 'down');
    const ready = !stopping() && !down.some(({ vital }) => vital);
    response.status(ready ? 200 : 503).json({
      status: !ready ? 'unavailable' : down.length > 0 ? 'degraded' : 'ok',
      stopping: stopping(),
      dependencies: Object.fromEntries(states.map(({ name, vital: _, ...state }) => [name, state])),
    });
  });

  router.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.metrics());
  });
  return router;
}

/** The health routes alone, for processes that serve nothing else. */
export function createHealthApp(deps: HealthDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(healthRoutes(deps));
  return app;
}

/** Shows the messages of known errors only: any other message could hold an address or a user's name. */
async function stateOf({ name, vital, check }: DependencyCheck) {
  try {
    const remark = await withTimeout(check(), CHECK_TIMEOUT_MS, noAnswer);
    return { name, vital, status: 'up' as const, ...(typeof remark === 'string' && { remark }) };
  } catch (error) {
    return { name, vital, status: 'down' as const, reason: shown(error) };
  }
}

function shown(error: unknown): string {
  const safe = error instanceof NotSetUp || messageOf(error).startsWith('no answer');
  return safe ? messageOf(error) : 'it does not answer as it should';
}
