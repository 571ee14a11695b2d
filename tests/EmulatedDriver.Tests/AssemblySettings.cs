// One library, one state.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
