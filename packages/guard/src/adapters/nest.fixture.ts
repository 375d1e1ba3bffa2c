// Controllers of Nest without the syntax of decorators, which Node does not strip.
import {
  Controller,
  HttpCode,
  Module,
  Req,
  RequestMapping,
  RequestMethod,
  Res,
  type INestApplication,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common'
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { Access, Denial } from '../access.ts'
import { handlerSaw, type ContractRoute } from './adapter-contract.fixture.ts'
import { running } from './serve.fixture.ts'
import { CountersignModule, CurrentAccess, CurrentDecision, Public, Requires, type CountersignGuardOptions } from './nest.ts'

// oxlint-disable-next-line typescript/no-extraneous-class -- What classes of Nest extend.
class Plain {}

export type Decorated = readonly [
  name: string,
  decorators: readonly MethodDecorator[],
  handler: (...given: never[]) => unknown,
  parameters?: readonly ParameterDecorator[],
]

export function aController(
  path: string,
  methods: readonly Decorated[],
  decorators: readonly ClassDecorator[] = [],
  parent: Type = Plain,
): Type {
  const controller = class Orders extends parent {}
  for (const [name, ofMethod, handler, ofParameters = []] of methods) {
    // A function of its own, because decorators add to it.
    const method = { [name]: (...given: never[]) => handler(...given) }[name]
    Object.defineProperty(controller.prototype, name, { value: method, configurable: true, writable: true })
    const descriptor = Object.getOwnPropertyDescriptor(controller.prototype, name) as PropertyDescriptor
    for (const [index, decorate] of ofParameters.entries()) decorate(controller.prototype, name, index)
    for (const decorate of ofMethod) decorate(controller.prototype, name, descriptor as never)
  }
  Controller(path)(controller)
  for (const decorate of decorators) decorate(controller)
  return controller
}

export const platforms: Readonly<Record<string, () => AbstractHttpAdapter>> = {
  'Nest on Express': () => new ExpressAdapter() as unknown as AbstractHttpAdapter,
  'Nest on Fastify': () => {
    const adapter = new FastifyAdapter()
    // A stream reaches the handler as it comes.
    adapter.getInstance().addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
    return adapter as unknown as AbstractHttpAdapter
  },
}

export async function startNest(
  adapter: AbstractHttpAdapter,
  controllers: readonly Type[],
  options: CountersignGuardOptions,
  configure: (app: INestApplication) => void = () => {},
  providers: readonly Type[] = [],
) {
  return startNestWith(
    adapter,
    { imports: [CountersignModule.forRoot(options)], controllers: [...controllers], providers: [...providers] },
    configure,
  )
}

export async function startNestWith(
  adapter: AbstractHttpAdapter,
  parts: ModuleMetadata,
  configure: (app: INestApplication) => void = () => {},
) {
  const module = class App extends Plain {}
  Module(parts)(module)
  const app = await NestFactory.create(module, adapter, { logger: false, abortOnError: false })
  configure(app)
  await app.listen(0, '127.0.0.1')
  return running(app.getHttpServer(), () => app.close())
}

interface AnyRequest {
  readonly raw?: NodeJS.ReadableStream
  pipe(to: unknown): unknown
}

const echo = (request: AnyRequest, response: { send(body: unknown): unknown }) =>
  request.raw ? response.send(request.raw) : request.pipe(response)

/** The handlers of the contract suite. */
export function controllerOf(routes: readonly ContractRoute[]): Type {
  return aController(
    '',
    routes.map(({ method, path, requires, public: isPublic, handler }, index): Decorated => {
      const route = RequestMapping({ path: path.replace(/\{(\w+)\}/g, ':$1'), method: RequestMethod[method as 'GET'] })
      const declared = [...(requires === undefined ? [] : [Requires(requires)]), ...(isPublic === true ? [Public()] : [])]
      const decorators = [HttpCode(200), route, ...declared]
      const name = `route${index}`
      if (handler === 'echo') return [name, decorators, echo as never, [Req(), Res()]]
      if (handler === 'throws')
        return [
          name,
          decorators,
          () => {
            throw new Error('the handler failed')
          },
        ]
      const answer = (decision: Access | Denial) => handlerSaw(decision)
      return [name, decorators, answer as never, [handler === 'access' ? CurrentAccess() : CurrentDecision()]]
    }),
  )
}
