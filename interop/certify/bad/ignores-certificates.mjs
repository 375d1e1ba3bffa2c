// TLS without verification, as in many a test setup that went on to production.
import { Backend, serve } from './backend.mjs'

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'

serve(new Backend())
