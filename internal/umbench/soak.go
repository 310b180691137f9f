package main

import "context"

func soak(ctx context.Context, o options, r *rig) error { return nil }
