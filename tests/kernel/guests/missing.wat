;; Calls a function that no system of ours has.
(module
  (import "env" "no_such_function" (func $missing (param i64 f32) (result i32)))
  (memory (export "memory") 1)
  (func $calls_it (drop (call $missing (i64.const 1) (f32.const 2))))
  (func (export "_start") (call $calls_it)))
