import { type RequestHandler, Router } from 'express';
import swaggerUi from 'swagger-ui-express';

/**
 * The page of the description, which loads `/openapi.json` by a relative path: behind a proxy that serves the API under
 * a prefix, "Try it out" calls the prefix too.
 */
export function docsPage(): Router {
  const page = swaggerUi.setup(undefined, {
    swaggerUrl: '../openapi.json',
    customSiteTitle: 'order-bridge API',
    customCss: '.swagger-ui .topbar { display: none }',
    swaggerOptions: { defaultModelsExpandDepth: 0, displayRequestDuration: true },
  });
  return Router().use(withSlash, ...swaggerUi.serve, page);
}

/** Redirects `/docs` to `/docs/` by a relative path, since an absolute path would lose the prefix of a proxy. */
const withSlash: RequestHandler = (request, response, next) => {
  const [path = ''] = request.originalUrl.split('?');
  if (path.endsWith('/docs')) response.redirect('docs/');
  else next();
};
