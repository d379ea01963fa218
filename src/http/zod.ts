import { extendZodWithOpenApi } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';

/** Zod whose schemas have `openapi`: the extension has to come before the first schema. */
extendZodWithOpenApi(z);

export { z };
