// What stands beside @Requires() itself: without the module nothing would decide, and each handler would be open.
import type { CanActivate, ExecutionContext } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import { messageOf, requestOf } from './nest-request.ts'
import { findRule } from './nest-rules.ts'
import { RequestState } from './request-state.ts'

const reflector = new Reflector()

/** A guard of Nest, which runs after those of the application. */
export const decided: CanActivate = Object.freeze({
  canActivate(context: ExecutionContext): boolean {
    // What is called otherwise is refused by the guard of the module.
    if (context.getType() !== 'http' || RequestState.of(messageOf(requestOf(context))).isDeclared) return true
    const [handler, controller] = [context.getHandler(), context.getClass()]
    if (findRule(reflector, handler, controller)?.public) return true
    throw new TypeError(`${controller.name}.${handler.name}() has @Requires(), and nothing decides on it: ${remedy}`)
  },
})

const remedy = 'import CountersignModule.forRoot({ guard }) in the module of the application'

/** @throws TypeError for a request on which nothing decided */
export function requireDecided(context: ExecutionContext): void {
  const { name } = context.getHandler()
  if (!RequestState.of(messageOf(requestOf(context))).isDeclared)
    throw new TypeError(`${context.getClass().name}.${name}() reads the access, and nothing decided on the request: ${remedy}`)
}
