(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $iovecs i32) (param $count i32) (param $written i32) (result i32)))
  (memory (export "memory") 1)

  ;; One iovec, address and length, and what it points to.
  (data (i32.const 0) "\10\00\00\00\39\00\00\00")
  (data (i32.const 16) "Hello, world! There is nothing between us but a machine.\n")

  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
