// The guard for NestJS, on Express and on Fastify: the requirement stands beside the handler or its controller, as a decorator.
import {
  applyDecorators,
  createParamDecorator,
  HttpException,
  Inject,
  Logger,
  Optional,
  UseGuards,
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  type Type,
} from '@nestjs/common'
import { APP_GUARD, ApplicationConfig, DiscoveryModule, DiscoveryService, MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core'
import type { GuardRequest } from '../access.ts'
import type { DenialResponse } from '../denial-response.ts'
import type { Requirement } from '../requirement.ts'
import { isPromise } from '../authorize-at-once.ts'
import { checkGuard, createDecider, refuseOtherOptions, type AdapterOptions, type Decider } from './decide.ts'
import { decided, requireDecided } from './nest-decided.ts'
import { messageOf, requestOf, type NestRequest, type NestResponse } from './nest-request.ts'
import { NestRoutes } from './nest-routes.ts'
import { declareRule, findRule } from './nest-rules.ts'
import { NodeGuardRequest } from './node-request.ts'
import { createTemplates, toTemplate } from './path-template.ts'
import { createAttachment } from './attachment.ts'
import { RequestState, type Answer } from './request-state.ts'
import { createRouteCheck, defectOf } from './route-rule.ts'

/** What the guard requires of a request to a handler, or to those handlers of a controller that declare nothing; `{}` requires a valid token only. */
export function Requires(requires: Requirement): MethodDecorator & ClassDecorator {
  return applyDecorators(declareRule({ requires }), UseGuards(decided))
}

/** The handler, or those handlers of a controller that declare nothing, are not guarded. */
export function Public(): MethodDecorator & ClassDecorator {
  return declareRule({ public: true })
}

/** The parameter gets `request.access`; see {@link Guarded}. */
export const CurrentAccess = createParamDecorator((_nothing: unknown, context: ExecutionContext) => {
  requireDecided(context)
  return requestOf(context).access
})

/** The parameter gets `request.decision`; see {@link Guarded}. */
export const CurrentDecision = createParamDecorator((_nothing: unknown, context: ExecutionContext) => {
  requireDecided(context)
  return requestOf(context).decision
})

/** The request is that of Express or of Fastify. */
export interface CountersignGuardOptions extends AdapterOptions<object> {
  /** Controllers of other modules, whose handlers are left open although they declare nothing. */
  readonly open?: readonly Type[]
}

/** How a denial leaves a handler, for exception filters: its response is the problem document. */
export class RequestDeniedException extends HttpException {}

/**
 * Guards every handler of the application. The start fails if a handler of a controller declares nothing, or lacks the parameter that it
 * requires. Routes that are added without a controller, such as the pages of SwaggerModule, are not guarded.
 * @example
 * imports: [CountersignModule.forRoot({ guard })]
 *
 * @Get(':sellerId/orders')
 * @Requires({ partner: param('sellerId') })
 * list(@CurrentAccess() access: Access) { … }
 */
// oxlint-disable-next-line typescript/no-extraneous-class -- A module of Nest is a class.
export class CountersignModule {
  /** @param guard of `forRoot()`; none if the class itself is imported */
  constructor(guard?: CountersignGuard) {
    if (!guard) throw new TypeError('CountersignModule has no guard: import CountersignModule.forRoot({ guard })')
  }

  static forRoot(options: CountersignGuardOptions): DynamicModule {
    checkModuleOptions(options)
    return {
      module: CountersignModule,
      imports: [DiscoveryModule],
      providers: [
        { provide: CountersignGuard, useFactory: () => new CountersignGuard(options) },
        { provide: APP_GUARD, useExisting: CountersignGuard },
        {
          provide: NestRoutes,
          inject: [DiscoveryService, MetadataScanner, ModulesContainer, ApplicationConfig],
          useFactory: (...parts: ConstructorParameters<typeof NestRoutes> extends [unknown, unknown, ...infer Rest] ? Rest : never) =>
            new NestRoutes(options.guard, options.open ?? [], ...parts),
        },
      ],
    }
  }
}

/** Made by {@link CountersignModule}; on its own, `app.useGlobalGuards(new CountersignGuard({ guard }))`, it cannot check routes at the start. */
export class CountersignGuard implements CanActivate {
  readonly #options: CountersignGuardOptions
  readonly #decider: Decider<object>
  readonly #reflector = new Reflector()
  readonly #attach = createAttachment('request', messageOf)
  readonly #templateOf = createTemplates(toTemplate)
  readonly #handlers = new WeakMap<object, Map<unknown, NestHandler>>()

  constructor(options: CountersignGuardOptions) {
    // As Nest does for @UseGuards(CountersignGuard).
    if (!options)
      throw new TypeError('CountersignGuard guards every handler by CountersignModule.forRoot({ guard }); remove it from @UseGuards()')
    checkModuleOptions(options)
    const logger = new Logger('CountersignGuard')
    this.#options = options
    this.#decider = createDecider(options, {
      undecided: (cause) => logger.error('The guard could not decide on a request', cause instanceof Error ? cause.stack : String(cause)),
    })
  }

  /** A promise only where something has to be awaited. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const handler = this.#handlerOf(context)
    if (context.getType() !== 'http') {
      if (handler.isOpen) return true
      throw new TypeError(`CountersignGuard guards requests over HTTP; ${handler.name} is called otherwise, so it has to be @Public()`)
    }
    const request = requestOf(context)
    if (handler.isOpen) {
      RequestState.of(messageOf(request)).isDeclared = true
      this.#attach(request)
      return true
    }
    const response = context.getArgByIndex<NestResponse>(1)
    const { requires } = handler
    const asked = this.#askedOf(request)
    const defect = defectOfHandler(handler, asked)
    if (defect || !requires) throw deny(response, this.#decider.refuseDefect(asked, defect, request))
    const answer = RequestState.of(messageOf(request)).ask(this.#decider, asked, requires)
    const conclude = (answered: Answer) => this.#conclude(answered, asked, requires, request, response)
    return isPromise(answer) ? answer.then(conclude) : conclude(answer)
  }

  #conclude(answer: Answer, asked: GuardRequest, requires: Requirement, request: NestRequest, response: NestResponse): true {
    const verdict = RequestState.of(messageOf(request)).conclude(answer, this.#decider, asked, requires, request)
    if (!verdict.passes) throw deny(response, verdict.response)
    if (verdict.headers) addHeaders(response, verdict.headers)
    this.#attach(request)
    return true
  }

  /** Reading metadata is slow, and a handler may be one of several controllers, which inherit it. */
  #handlerOf(context: ExecutionContext): NestHandler {
    const handler = context.getHandler()
    const controller = context.getClass()
    const ofHandler = this.#handlers.get(handler) ?? new Map<unknown, NestHandler>()
    const known = ofHandler.get(controller)
    if (known) return known
    const rule = findRule(this.#reflector, handler, controller)
    const isOpen = rule?.public === true || (!rule && (this.#options.open ?? []).includes(controller))
    const check = rule?.requires && createRouteCheck(this.#options.guard, rule.requires)
    const found = { name: `${controller.name}.${handler.name}()`, isOpen, requires: rule?.requires, check }
    this.#handlers.set(handler, ofHandler.set(controller, found))
    return found
  }

  #askedOf(request: NestRequest): NodeGuardRequest {
    const { originalUrl: url, params = {}, route, routeOptions } = request
    return new NodeGuardRequest(messageOf(request), {
      url,
      params,
      route: this.#templateOf(route?.path ?? routeOptions?.url),
      from: request,
    })
  }
}

// As decorators of the parameter of its constructor would.
Inject(CountersignGuard)(CountersignModule, undefined, 0)
Optional()(CountersignModule, undefined, 0)

function checkModuleOptions(options: CountersignGuardOptions): void {
  refuseOtherOptions('CountersignModule', options, ['open'])
  checkGuard(options.guard)
}

interface NestHandler {
  readonly name: string
  readonly isOpen: boolean
  readonly requires: Requirement | undefined
  readonly check: ((asked: GuardRequest) => void) | undefined
}

function defectOfHandler({ name, check }: NestHandler, asked: GuardRequest): unknown {
  return check ? defectOf(check, asked) : new TypeError(`${name} has neither @Requires() nor @Public(); add one of them`)
}

/** `response.header()` of Express would add a charset. */
function addHeaders(response: NestResponse, headers: Readonly<Record<string, string>>): void {
  for (const name in headers) {
    if (response.raw) response.header(name, headers[name] as string)
    else response.setHeader(name, headers[name] as string)
  }
}

/** An exception, so that filters and interceptors of the application see it as any other. */
function deny(response: NestResponse, { status, headers, body }: DenialResponse): RequestDeniedException {
  const document = JSON.parse(body) as Record<string, unknown>
  const { 'content-type': type = '', ...others } = headers
  addHeaders(response, others)
  if (response.raw) response.header('content-type', type)
  else answerAs(response, type, document, body)
  return new RequestDeniedException(document, status)
}

/** Nest 11 replaces the type of a refusal on Express by that of JSON, if it is there before the body. */
function answerAs(response: NestResponse, type: string, document: object, body: string): void {
  const { json } = response
  response.json = (given) => {
    if (given !== document) return json.call(response, given)
    response.setHeader('content-type', type)
    return response.send(Buffer.from(body))
  }
}
