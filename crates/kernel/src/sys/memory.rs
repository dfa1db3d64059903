//! Memory that the process can do without.

use std::ffi::c_void;
use std::ptr;

/// Gives back the memory that only the past needed: pages of the program and its libraries, which come back from their
/// files when they are used again, and free parts of the heap.
///
/// A start and a reload read and check configurations with code that is not needed afterwards, but the kernel keeps it
/// mapped, and a daemon is mostly code. Takes some 0.1 ms. Memory that is locked stays.
pub fn give_back() {
    // SAFETY: the callback has the expected type and uses its arguments only during the call. No library is unloaded
    // meanwhile: the C library holds its lock.
    unsafe { libc::dl_iterate_phdr(Some(give_back_object), ptr::null_mut()) };
    #[cfg(target_env = "gnu")]
    // SAFETY: the argument is a number. Other threads may allocate meanwhile.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Gives back what is only ever read of a program or library.
unsafe extern "C" fn give_back_object(
    info: *mut libc::dl_phdr_info,
    _: usize,
    _: *mut c_void,
) -> libc::c_int {
    // SAFETY: the C library hands in a valid structure, with a table of `dlpi_phnum` entries in the mapped object.
    let (base, headers) = unsafe {
        let info = &*info;
        let headers = std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into());
        (info.dlpi_addr, headers)
    };
    let page = page_size();
    let read_only = headers
        .iter()
        .filter(|header| header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W == 0);
    for header in read_only {
        let start = base.wrapping_add(header.p_vaddr);
        let end = start.wrapping_add(header.p_memsz);
        let (start, end) = (start & !(page - 1), end.next_multiple_of(page));
        let (Ok(start), Ok(len)) = (usize::try_from(start), usize::try_from(end - start)) else {
            continue;
        };
        // SAFETY: a segment that is not writable is the same as its file, also within its last page, so pages that are
        // dropped come back as they were. Tables that are relocated are in writable segments. What cannot be dropped, as
        // the kernel's own object, is refused, which does no harm.
        unsafe { libc::madvise(ptr::with_exposed_provenance_mut(start), len, libc::MADV_DONTNEED) };
    }
    0
}

/// The size of a page in bytes, a power of two.
fn page_size() -> u64 {
    // SAFETY: the argument is a number.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(size).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Resident pages of mapped files in KiB.
    fn resident_files() -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssFile:"));
        line.unwrap().trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Touches all of the program that can be read.
    fn sum_of_program() -> u64 {
        unsafe extern "C" fn sum(info: *mut libc::dl_phdr_info, _: usize, total: *mut c_void) -> libc::c_int {
            // SAFETY: as in `give_back_object`; `total` is the number that the test lends, and read-only segments of the
            // program itself, the first object, are readable as long as it runs.
            unsafe {
                let info = &*info;
                let headers = std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into());
                for header in headers.iter().filter(|header| {
                    header.p_type == libc::PT_LOAD && header.p_flags & (libc::PF_W | libc::PF_R) == libc::PF_R
                }) {
                    let start = usize::try_from(info.dlpi_addr + header.p_vaddr).unwrap();
                    let len = usize::try_from(header.p_filesz).unwrap();
                    let bytes = std::slice::from_raw_parts(ptr::with_exposed_provenance::<u8>(start), len);
                    *total.cast::<u64>() += bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
                }
            }
            1
        }
        let mut total = 0;
        // SAFETY: the callback gets a number that lives as long as the call.
        unsafe { libc::dl_iterate_phdr(Some(sum), (&raw mut total).cast()) };
        total
    }

    #[test]
    fn pages_go_and_come_back_as_they_were() {
        let before = sum_of_program();
        let resident = resident_files();
        give_back();
        assert!(
            resident_files() < resident,
            "{} of {resident} KiB are left",
            resident_files()
        );
        assert_eq!(sum_of_program(), before);
    }
}
