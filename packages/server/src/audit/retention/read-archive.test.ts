import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { collectNameRemovals } from '../removed-names/recorded-removals.ts'
import { createAuditMac } from '../events/audit-mac.ts'
import { verifyArchives } from '../verify/verify-archives.ts'
import { ArchiveError } from './archive-file.ts'
import { readArchive } from './read-archive.ts'

suite('files in the folder of archives that are none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-archives-'))
  after(() => rmSync(folder, { recursive: true }))
  const names = collectNameRemovals([], createAuditMac({ pepper: { versions: new Map(), currentVersion: 1 } }))
  const header = {
    archive: 'countersign audit log',
    version: 1,
    class: 'changes',
    from: '',
    to: '',
    events: 1,
    seals: 0,
    nodes: {},
    digest: '',
  }
  const lines =
    (...values: unknown[]) =>
    (path: string) =>
      writeFileSync(path, gzipSync(values.map((value) => `${JSON.stringify(value)}\n`).join('')))
  const others: Record<string, (path: string) => void> = {
    'a folder': (path) => mkdirSync(path),
    'a named pipe': (path) => void execFileSync('mkfifo', [path]),
    'a link to a device': (path) => symlinkSync('/dev/zero', path),
    'a link to nothing': (path) => symlinkSync(join(folder, 'nothing'), path),
    'a header without nodes': lines({ archive: header.archive, version: 1 }),
    'ranges that are none': lines({ ...header, nodes: { '0badcafe': [null] } }, { id: '000000000001-0badcafe-00000001' }),
    'nodes that are none': lines({ ...header, nodes: { '0badcafe': 7 } }, { id: '000000000001-0badcafe-00000001' }),
    'an id that is a number': lines(header, { id: 7 }),
    'an id that is null': lines(header, { id: null }),
    'an event with only an id': lines({ ...header, nodes: { '0badcafe': [[1, 1]] } }, { id: '000000000001-0badcafe-00000001' }),
    'an event with a MAC that is none': lines(header, { id: '000000000001-0badcafe-00000001', mac: 7, detail: 7 }),
    'a bomb': (path) => writeFileSync(path, gzipSync(Buffer.alloc(80 * 1024 * 1024, 0x20))),
  }
  for (const [what, make] of Object.entries(others)) {
    test(`fault 5.6: ${what} under the name of an archive is told, and ends no verification`, async () => {
      const place = mkdtempSync(join(folder, 'place-'))
      const file = 'audit-changes-20260101T000000Z-20260101T000000Z-1.jsonl.gz'
      make(join(place, file))
      const verified = await verifyArchives([], [place], names, undefined)
      assert.deepEqual(verified?.found.unrecorded, [{ file, isIntact: false }])
      await assert.rejects(async () => {
        for await (const { rows } of readArchive(join(place, file))) assert.ok(rows.every(({ id }) => typeof id === 'string'))
        throw new ArchiveError(file, 'read to its end')
      }, ArchiveError)
    })
  }
})
