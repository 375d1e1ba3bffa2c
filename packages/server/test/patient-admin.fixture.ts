// Setup of servers on a busy machine: a request that was answered with 503 is repeated, as the remedy of the problem says, with the same
// Idempotency-Key, so that it is applied once.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { AdminClient } from '@countersign/admin'

const maxAttempts = 60
const pauseMs = 500

export function patientAdmin(admin: AdminClient): AdminClient {
  return {
    ...admin,
    async call(name, input, options) {
      const applyOnce = { idempotencyKey: randomUUID(), ...options }
      for (let attempt = 1; ; attempt++) {
        try {
          return await admin.call(name, input, applyOnce)
        } catch (error) {
          if ((error as { readonly status?: number }).status !== 503 || attempt === maxAttempts) throw error
          await pause(pauseMs)
        }
      }
    },
  }
}
