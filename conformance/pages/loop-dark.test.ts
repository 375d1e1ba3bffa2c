// The loop of pages in one look. Takes 130 s.
import { testLook } from './test-look.ts'

testLook({ theme: 'dark', width: 360 })
