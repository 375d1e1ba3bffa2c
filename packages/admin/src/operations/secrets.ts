// Secrets and their rotation: stable, issued (a new secret exists), overlapping (it was used), and stable again by confirm,
// by cancel or by the end of the window.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { advisedRotation, listedRotation } from '../standing-shapes.ts'
import { dueSecret } from '../usage-shapes.ts'
import { inRealm, ofClient } from './paths.ts'

const force = z.boolean().default(false)

export const secretOperations = {
  'rotation.get': {
    summary: 'Get the rotation status of a client',
    description: 'Includes the secrets with the times of their first and last use, but not their values.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/clients/{client}/secret-rotation',
    scope: 'clients:read',
    status: 200,
    params: ofClient,
    output: advisedRotation,
    portal: { role: 'viewer' },
  },
  'rotation.list': {
    summary: 'List the rotations of a realm that are in progress',
    description: 'Sorted by the end of the window, soonest first.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/rotations',
    scope: 'clients:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery.extend({
      sort: z.enum(['windowEndsAt', '-windowEndsAt']).default('windowEndsAt').describe('Sort key; prefix with "-" for descending order.'),
      state: z
        .enum(['issued', 'overlapping'])
        .optional()
        .describe('Return rotations whose new secret has not been used yet ("issued"), or has been used ("overlapping").'),
      confirmable: shapes.truthInQuery.optional().describe('Return rotations whose old secret can be ended now, or not.'),
      endsBefore: shapes.instant.optional().describe('Return rotations whose window ends before this instant.'),
      organization: shapes.organizationKey.optional().describe('Return rotations of the clients of this organization.'),
    }),
    output: shapes.page(listedRotation),
  },
  'rotation.start': {
    summary: 'Start a rotation: create a second secret',
    description:
      'Both secrets are valid until the window ends; then the old one expires. The new secret is shown only in this response. Fails with "rotation-in-progress" if the client already has two secrets, unless "force" is true, and with "invalid-request" if the window is longer than the realm allows.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/clients/{client}/secret-rotation',
    scope: 'secrets:write',
    status: 201,
    params: ofClient,
    body: z.strictObject({
      window: shapes.windowSeconds.optional().meta({
        description: 'Length of the window in which the old secret stays valid, in seconds; the default of the realm if omitted.',
        examples: [604_800],
      }),
      secretExpiresAt: shapes.instant
        .nullable()
        .optional()
        .describe(
          'Expiry of the new secret; null for a secret that does not expire. If omitted, the new secret has the same lifetime as the old one.',
        ),
      force: force.describe(
        'If true, a rotation in progress is replaced: its new secret ends if it was never used, otherwise its old secret ends. Fails with "old-secret-in-use" if that old secret is in use.',
      ),
      reason: shapes.reason.optional(),
    }),
    output: shapes.rotation.extend({
      clientSecret: shapes.clientSecret,
      ended: shapes.secret
        .nullable()
        .describe('Secret that this call ended (only with "force"), because a client can have at most two; otherwise null.'),
    }),
    secret: 'clientSecret',
    portal: { role: 'developer', without: ['force', 'secretExpiresAt'] },
  },
  'rotation.confirm': {
    summary: 'Confirm a rotation: end the old secret now',
    description:
      'Fails with "no-rotation" if none is in progress, with "new-secret-unproven" if the new secret has not been used yet, and with "old-secret-in-use" before `confirmableAt`: the old secret was used too recently, or tokens issued with it may still be valid. "force" (with a "reason") skips the last two checks. An ended secret cannot be restored.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/clients/{client}/secret-rotation/confirm',
    scope: 'secrets:write',
    status: 200,
    params: ofClient,
    body: z
      .strictObject({
        force: force.describe('If true, confirm even if the old secret is in use or the new one was never used. Requires "reason".'),
        reason: shapes.reason.optional(),
      })
      .refine((body) => !body.force || body.reason !== undefined, {
        path: ['reason'],
        error: 'Expected a reason, because "force" is true',
      }),
    output: shapes.rotation,
    portal: { role: 'developer', without: ['force'] },
  },
  'rotation.cancel': {
    summary: 'Cancel a rotation: end the new secret now, keep the old one',
    description:
      'The old secret expires when it would have without the rotation. Fails with "no-rotation" if none is in progress, and with "new-secret-in-use" if the new secret was used too recently, or tokens issued with it may still be valid; the error says when the rotation can be cancelled. In an emergency, revoke that secret instead. An ended secret cannot be restored.',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/clients/{client}/secret-rotation',
    scope: 'secrets:write',
    status: 200,
    params: ofClient,
    body: shapes.onlyReason,
    output: shapes.rotation,
    portal: { role: 'developer' },
  },
  'rotation.extend': {
    summary: 'Extend the window of a rotation: keep the old secret valid for longer',
    description:
      'Fails with "no-rotation" if none is in progress, and with "invalid-request" if the window would end after "maxWindowEndsAt" or before its current end. To end the old secret sooner, confirm the rotation.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/clients/{client}/secret-rotation/extend',
    scope: 'secrets:write',
    status: 200,
    params: ofClient,
    body: z.strictObject({
      window: shapes.windowSeconds.meta({
        description: 'Remaining length of the window, in seconds, counted from now.',
        examples: [86_400],
      }),
      reason: shapes.reason.optional(),
    }),
    output: shapes.rotation,
  },
  'secrets.revoke': {
    summary: 'Revoke a secret immediately (emergency)',
    description:
      'Ends the secret even if it is in use. By default, all tokens issued to the client before now are rejected, too, because a stolen token would otherwise stay valid until it expires. If no other secret is left, the client gets no tokens until a rotation is started. Fails with "not-found" if the secret has ended already.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/clients/{client}/secrets/{secret}/revoke',
    scope: 'secrets:write',
    status: 200,
    params: ofClient.extend({ secret: shapes.uuid.describe('Id of the secret, as the rotation status shows it.') }),
    body: z.strictObject({
      reason: shapes.reason,
      cutTokens: z
        .boolean()
        .default(true)
        .describe(
          'If true, all tokens of the client issued before now are rejected. A token does not record which secret it was requested with, so tokens of the other secret are rejected, too.',
        ),
    }),
    output: shapes.rotation,
    destructive: true,
  },
  'secrets.due': {
    summary: 'List the secrets of a realm that are due for rotation, and the rotations that end soon',
    description:
      'Soonest first. Lists the newest secret of each client (during a rotation only once it was used) if it has reached the reminder age of the realm (`remindAfter`) or expires within 14 days, and the old secret of each other rotation whose window ends within 14 days, each with the addresses and programs that used it last.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/secrets/due',
    scope: 'clients:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery,
    output: shapes.page(dueSecret),
  },
} as const satisfies Record<string, Operation>
