// Which folder may import which. A layer may import only lower layers, and folders of the same layer do not import each other; type
// imports count, because a reader follows them too. A folder without a layer is an error.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { importsOf, productCode, root } from './source-tree.ts'

/** From top to bottom. A module is a folder, or a file at the root of the sources. */
const layersOf: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'packages/server/src': [
    ['index.ts'],
    ['server.ts'],
    ['start-and-stop.ts', 'store-commands.ts', 'mount-surfaces.ts'],
    ['open-data.ts'],
    ['request-records.ts'],
    // Surfaces: the HTTP endpoints, periodic maintenance, and what a restore needs.
    ['admin/keycloak', 'portal'],
    ['oauth', 'admin', 'me', 'web', 'feed', 'reports', 'evaluation', 'discovery', 'problems', 'upkeep', 'recovery'],
    ['activity', 'explain', 'standing'],
    // Domain: steps inside a change.
    ['people'],
    ['key-rings', 'sessions'],
    ['idp'],
    ['access-requests', 'operators', 'rotation', 'revocation', 'signing-keys'],
    ['clients'],
    ['organizations'],
    ['token'],
    // Foundations.
    ['refusals', 'usage', 'audit/search'],
    ['api'],
    ['change'],
    ['monitoring'],
    ['audit/verify', 'audit'],
    ['audit/seals', 'audit/retention'],
    ['audit/removed-names'],
    ['audit/events', 'cache', 'throttle'],
    ['http'],
    ['keys', 'clock-watch.ts'],
    ['configuration', 'store', 'outbound'],
    ['realms'],
    ['clock-difference.ts', 'log-destination.ts'],
    ['clock-verdict.ts'],
    ['errors.ts', 'clock.ts', 'node-ids.ts', 'units.ts', 'url-password.ts', 'log.ts'],
  ],
  'packages/guard/src': [
    ['index.ts'],
    ['adapters', 'remote-guard.ts'],
    ['denial-response.ts', 'remote-issuer.ts'],
    ['issuer-reporting.ts'],
    ['guard.ts', 'remote-entitlements.ts', 'decision-reporter.ts'],
    ['deliver-reports.ts', 'guard-answers.ts'],
    ['compose-report.ts', 'decision-counts.ts', 'refusal-queue.ts', 'send-report.ts'],
    ['fetch-entitlement.ts', 'key-news.ts', 'lookup-queue.ts', 'remembered-rights.ts', 'remote-feed.ts'],
    ['explain-checks.ts', 'decide-access.ts', 'guard-options.ts', 'organization-answers.ts', 'remote-keys.ts'],
    ['decision-watcher.ts'],
    ['guard-decision.ts'],
    ['check-own-token.ts', 'read-requirement.ts'],
    ['access-token.ts', 'authorize-at-once.ts', 'claimed-issuer.ts'],
    ['access.ts', 'current-scopes.ts', 'token-revocation.ts', 'verify-token.ts'],
    ['claims.ts', 'withdrawn-keys.ts'],
    ['jws.ts', 'key-set.ts'],
    ['entitlement-index.ts', 'feed-connection.ts', 'verification-key.ts'],
    ['fetch-json.ts', 'fresh-value.ts', 'key-requirements.ts'],
    ['report-only-clock.ts', 'report-only-state.ts', 'requirement.ts', 'retry-pause.ts'],
    [
      'report-only.ts',
      'change-history.ts',
      'clock-alarm.ts',
      'curve-point.ts',
      'feed-events.ts',
      'guard-credentials.ts',
      'guard-version.ts',
      'invalid-token.ts',
      'issuer-list.ts',
      'private-file.ts',
      'recent-map.ts',
      'remote-guard-error.ts',
      'repeated-guards.ts',
      'request-ids.ts',
      'rsa-key.ts',
      'steady-clock.ts',
      'tier-rate.ts',
      'unref-timer.ts',
    ],
    ['audience.ts'],
  ],
  'packages/gateway/src': [
    ['index.ts'],
    ['gateway.ts'],
    ['grpc', 'health-listener.ts', 'http-listener.ts'],
    ['ext-authz-http.ts', 'forward-auth.ts', 'log-decisions.ts', 'metrics.ts', 'open-guard.ts', 'open-listener.ts'],
    ['configuration.ts', 'decide-request.ts', 'readiness.ts'],
    ['contradicting-headers.ts', 'method-in-query.ts', 'route-settings.ts', 'signed-header.ts'],
    ['configuration-faults.ts', 'gateway-keys.ts', 'header-variables.ts', 'identity-headers.ts'],
    ['route-table.ts'],
    ['lookalike-routes.ts'],
    ['route-tree.ts'],
    ['line-rate.ts', 'listen-address.ts', 'log.ts', 'normalized-path.ts', 'route-template.ts', 'trusted-peers.ts'],
  ],
  'packages/cli/src': [
    ['main.ts', 'index.ts'],
    ['command-line.ts'],
    ['failure-hints.ts', 'missing-realm.ts', 'name-by-option.ts'],
    // Commands that use other commands' parts, then single commands, then what they share.
    ['access-request.ts', 'secret.ts'],
    ['capability.ts', 'client.ts', 'dpa.ts', 'identity-provider.ts', 'invitation.ts', 'partner.ts', 'person.ts', 'requestor.ts'],
    ['claim-set.ts', 'client-grant.ts', 'named-secret.ts', 'rotate-own-secret.ts'],
    [
      'audit.ts',
      'certify.ts',
      'client-key.ts',
      'explain.ts',
      'find.ts',
      'gateway.ts',
      'guard.ts',
      'health.ts',
      'key.ts',
      'operator.ts',
      'organization.ts',
      'pepper.ts',
      'realm.ts',
      'refusal.ts',
      'restore.ts',
      'session.ts',
      'token.ts',
      'usage.ts',
    ],
    [
      'audit-archive.ts',
      'audit-export.ts',
      'audit-failover.ts',
      'audit-remove-name.ts',
      'audit-table.ts',
      'certify-options.ts',
      'cut-offs.ts',
      'describe-signing-key.ts',
      'describe-summary.ts',
      'describe-usage.ts',
      'key-encryption-key.ts',
      'list-rotations.ts',
      'operator-rights.ts',
      'token-preview.ts',
    ],
    ['key-ring-commands.ts'],
    ['client-operator.ts', 'grant-options.ts'],
    ['audit-filters.ts', 'audit-follow.ts', 'audit-what.ts', 'cursor-file.ts', 'operator-command.ts'],
    ['certify', 'demo', 'lost-changes.ts', 'operator-session.ts'],
    ['server-on-store.ts', 'token-credentials.ts'],
    [
      'audit-verify.ts',
      'backup.ts',
      'home.ts',
      'init.ts',
      'partner-file.ts',
      'private-key-file.ts',
      'repeat-writes.ts',
      'serve.ts',
      'values.ts',
    ],
    ['exit-reason.ts', 'explain-text.ts', 'refuse-inspector.ts', 'removed-name-text.ts', 'secret-file.ts'],
    [
      'compile-cache.ts',
      'dashed-arguments.ts',
      'field-words.ts',
      'new-configuration.ts',
      'output.ts',
      'reason-option.ts',
      'role-option.ts',
    ],
    ['exit-codes.ts', 'fit-columns.ts', 'names-in-columns.ts', 'own-name.ts'],
  ],
}

interface Crossing {
  readonly from: string
  readonly to: string
  readonly what: string
}

function moduleOf(sources: string, path: string): string {
  const inside = path.slice(sources.length + 1)
  return inside.includes('/') ? dirname(inside) : inside
}

function crossingsIn(sources: string): Crossing[] {
  return productCode
    .filter(({ path }) => path.startsWith(`${sources}/`))
    .flatMap(({ path, text }) =>
      importsOf(text)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => join(dirname(path), specifier))
        .map((target) => ({ from: moduleOf(sources, path), to: moduleOf(sources, target), what: `${path} imports ${target}` })),
    )
    .filter(({ from, to }) => from !== to)
}

for (const [sources, layers] of Object.entries(layersOf)) {
  const depthOf = new Map(layers.flatMap((modules, depth) => modules.map((name) => [name, depth] as const)))

  test(`every module of ${sources} has a layer, and every module of a layer exists`, () => {
    const modules = new Set(productCode.filter(({ path }) => path.startsWith(`${sources}/`)).map(({ path }) => moduleOf(sources, path)))
    assert.deepEqual([...modules].toSorted(), [...depthOf.keys()].toSorted())
  })

  test(`in ${sources} an import points down, and modules of one layer do not import each other`, () => {
    const wrong = crossingsIn(sources).filter(({ from, to }) => (depthOf.get(to) ?? -1) <= (depthOf.get(from) ?? -1))
    assert.deepEqual(
      wrong.map(({ what }) => what),
      [],
    )
  })

  test(`ARCHITECTURE.md has every folder of ${sources}`, () => {
    const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
    const folders = [...depthOf.keys()].filter((name) => !name.endsWith('.ts'))
    assert.deepEqual(
      folders.filter((folder) => !text.includes(`\`${folder}/\``)),
      [],
    )
  })
}
