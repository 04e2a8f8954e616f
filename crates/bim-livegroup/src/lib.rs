//! Both ends of live groups: priorities, budgets, fan-out queues, gaps and resume, as pure state machines.
