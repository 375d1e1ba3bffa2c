import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvOf } from './csv.ts'

test('cells with commas, quotes and line breaks are quoted', () => {
  assert.equal(csvOf([['a', 'b,c', 'say "so"', 'two\nlines', 4812, null]]), 'a,"b,c","say ""so""","two\nlines",4812,\r\n')
})

test('a text that a spreadsheet would run gets an apostrophe', () => {
  assert.equal(
    csvOf([
      ['=cmd|x', '+1', '-1', '@sum', '\tx'],
      ['a=b', -1],
    ]),
    "'=cmd|x,'+1,'-1,'@sum,'\tx\r\na=b,-1\r\n",
  )
})
