;; Grows its memory page by page until that fails, writes to each page and reads it back, and writes the number of
;; pages to stdout as little-endian 32 bits. Exit code 0; 1 if a page did not hold what was written.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local $page i32)
    (block $full
      (loop $more
        (br_if $full (i32.eq (memory.grow (i32.const 1)) (i32.const -1)))
        (br $more)))
    (local.set $page (memory.size))
    (loop $write
      (local.set $page (i32.sub (local.get $page) (i32.const 1)))
      (i32.store offset=65532 (i32.mul (local.get $page) (i32.const 65536)) (local.get $page))
      (br_if $write (local.get $page)))
    (local.set $page (memory.size))
    (loop $read
      (local.set $page (i32.sub (local.get $page) (i32.const 1)))
      (if (i32.ne (i32.load offset=65532 (i32.mul (local.get $page) (i32.const 65536))) (local.get $page))
        (then (call $proc_exit (i32.const 1))))
      (br_if $read (local.get $page)))
    (i32.store (i32.const 16) (memory.size))
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 4))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
