// Requests without a socket. A server learns from its connections when a request is over, so here it is told instead of them.
import type { FastifyInstance } from 'fastify'
import inject, { type InjectOptions, type Response } from 'light-my-request'
import { whenOver } from '../src/http/connections.ts'

export async function injectRequest(app: FastifyInstance, options: InjectOptions): Promise<Response> {
  await app.ready()
  return inject((request, response) => {
    response.once('finish', () => response[whenOver]?.())
    app.routing(request, response)
  }, options)
}
