// The same app in each framework, once with the guard and once without: one route with a parameter, whose handler answers a short JSON. Without the
// guard there stands, in the place of each middleware, hook or guard of ours, one that lets everything pass: what a framework itself needs to call
// one is no cost of ours. `node:http` has nothing of the kind, so there the cost of finding the route is ours.
import type { RequestListener } from 'node:http'
import { param, type Guard, type Requirement } from '@countersign/guard'
import * as ofExpress from '@countersign/guard/express'
import * as ofFastify from '@countersign/guard/fastify'
import * as ofKoa from '@countersign/guard/koa'
import * as ofNest from '@countersign/guard/nest'
import * as ofNodeHttp from '@countersign/guard/node-http'
import { Router } from '@koa/router'
import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common'
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import express from 'express'
import Fastify from 'fastify'
import Koa from 'koa'
import type { NodeAppName } from './app-names.ts'

export const requirement: Requirement = { partner: param('sellerId'), capability: 'allowMarketplaceLedKyc' }
export const template = '/v1/partners/{sellerId}/orders'
const path = '/v1/partners/:sellerId/orders'
const answer = { orders: [] }

/** Without a guard, the app is not guarded. */
type Build = (guard: Guard | undefined) => Promise<RequestListener>

export const apps: Readonly<Record<NodeAppName, Build>> = {
  'node-http': async (guard) => {
    const text = JSON.stringify(answer)
    const handle: RequestListener = (_request, response) => void response.setHeader('content-type', 'application/json').end(text)
    if (!guard) return handle
    return ofNodeHttp.countersignGuard({ guard, routes: { [`GET ${template}`]: { requires: requirement, handle } } })
  },
  fastify: async (guard) => {
    const app = Fastify()
    if (guard) await app.register(ofFastify.countersignGuard, { guard })
    else app.addHook('onRequest', async () => {})
    app.get(path, guard ? { config: { requires: requirement } } : {}, async () => answer)
    await app.ready()
    return app.routing as RequestListener
  },
  express: async (guard) => buildExpress(guard, false),
  'express, closed': async (guard) => buildExpress(guard, true),
  koa: async (guard) => {
    const app = new Koa()
    const router = new Router()
    const handle = (ctx: Koa.Context) => void (ctx.body = answer)
    if (guard) router.get(path, ofKoa.countersignGuard({ guard }).guarded(requirement), handle)
    else router.get(path, async (_ctx, next) => void (await next()), handle)
    return app.use(router.routes()).callback()
  },
  'nest on express': (guard) => buildNest(guard, new ExpressAdapter() as unknown as AbstractHttpAdapter),
  'nest on fastify': (guard) => buildNest(guard, new FastifyAdapter() as unknown as AbstractHttpAdapter),
}

const pass: ofExpress.ExpressMiddleware = (_request, _response, next) => next()

function buildExpress(guard: Guard | undefined, isClosed: boolean): RequestListener {
  const app = express()
  const { guarded, closed } = guard ? ofExpress.countersignGuard({ guard }) : { guarded: () => pass, closed: pass }
  if (isClosed) app.use(closed)
  return app.get(path, guarded(requirement), (_req, res) => void res.json(answer))
}

async function buildNest(guard: Guard | undefined, adapter: AbstractHttpAdapter): Promise<RequestListener> {
  class Orders {
    list(): object {
      return answer
    }
  }
  class App {
    readonly name = 'App'
  }
  const descriptor = Object.getOwnPropertyDescriptor(Orders.prototype, 'list') as TypedPropertyDescriptor<unknown>
  Req()(Orders.prototype, 'list', 0)
  Get(path)(Orders.prototype, 'list', descriptor)
  if (guard) ofNest.Requires(requirement)(Orders.prototype, 'list', descriptor)
  else UseGuards({ canActivate: () => true })(Orders.prototype, 'list', descriptor)
  Controller()(Orders)
  Module({ imports: guard ? [ofNest.CountersignModule.forRoot({ guard })] : [], controllers: [Orders] })(App)
  const app = await NestFactory.create(App, adapter, { logger: false, abortOnError: false })
  await app.init()
  const instance = app.getHttpAdapter().getInstance() as { ready?(): Promise<void>; routing?: RequestListener }
  await instance.ready?.()
  return instance.routing ?? (instance as RequestListener)
}
