// One event of the audit log.

/** What happened. Must not contain a secret or a token; `detail` is stored as JSON. */
export interface AuditEvent {
  readonly kind: string
  readonly outcome: 'success' | 'refused'
  readonly reason?: string | undefined
  readonly realm?: string | undefined
  readonly organizationId?: string | undefined
  readonly clientId?: string | undefined
  readonly address?: string | undefined
  readonly requestId?: string | undefined
  readonly detail?: Readonly<Record<string, unknown>> | undefined
}
