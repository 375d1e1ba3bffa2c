// Requests without a socket. The server learns the end of a request from its connection, so this fixture reports it instead.
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
