import type { NextFunction, Request, Response } from 'express';
import { bearerToken, sameSecret } from './bearer.js';
import { Problem } from './problem.js';

/** Passes a request with the operators' token. Any other request gets a 401. */
export function requireAdmin(adminToken: string) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    const given = bearerToken(request);
    if (!sameSecret(adminToken, given)) throw tokenRefusal(given);
    next();
  };
}

export function tokenRefusal(given: string): Problem {
  const challenge = `Bearer realm="operators"${given === '' ? '' : ', error="invalid_token"'}`;
  return new Problem(401, 'admin-token', 'Admin token not accepted', 'The admin token is missing or wrong.', {
    headers: { 'WWW-Authenticate': challenge },
  });
}
