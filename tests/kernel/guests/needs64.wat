;; Needs 64 MiB from the start.
(module
  (memory (export "memory") 1024)
  (func (export "_start") (i32.store (i32.const 0x3fffff0) (i32.const 1)) ))
