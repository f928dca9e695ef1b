//! The sandbox driven from outside, in this process, on a free port and in a folder of its
//! own: by our client, by a browser's requests, and by a hook that listens.

mod calls;
mod faults;
mod harness;
mod hooks;
mod page;
mod reserves;
mod restart;
