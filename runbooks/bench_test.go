package runbooks_test

import (
	"fmt"
	"testing"

	"siteswap/dag"
	"siteswap/runbooks"
)

// BenchmarkCompile compiles the switchover of so many DAGs of 16 members and 100 databases with 4 copies each. The time per
// DAG stays the same: nothing is shared between them.
func BenchmarkCompile(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dags := make([]*dag.Topology, n)
			for i := range dags {
				dags[i] = large(100)
				dags[i].Name = fmt.Sprintf("DAG%d", i)
			}
			rb, _ := runbooks.Find("switchover")
			b.ReportAllocs()
			for b.Loop() {
				for _, t := range dags {
					if plan, problems := runbooks.Compile(rb, t, map[string]string{"from": "Prod", "to": "DR"}); plan == nil {
						b.Fatal(problems)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "us/DAG")
		})
	}
}

// BenchmarkDatabases is the curve over the size of one DAG.
func BenchmarkDatabases(b *testing.B) {
	for _, n := range []int{25, 50, 100, 200} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			t := large(n)
			rb, _ := runbooks.Find("failback")
			for b.Loop() {
				if plan, problems := runbooks.Compile(rb, t, map[string]string{"from": "DR", "to": "Prod"}); plan == nil {
					b.Fatal(problems)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "us/database")
		})
	}
}

// BenchmarkEval is one decision of a `when`.
func BenchmarkEval(b *testing.B) {
	t := large(100)
	x, f := runbooks.NewExpressions(), healthy(large(100))
	for b.Loop() {
		if _, _, err := x.Eval(`!(item in mounted(to))`, runbooks.Env{Topology: t, Facts: f, Vantage: 1, Params: params(), Item: "DB001"}); err != nil {
			b.Fatal(err)
		}
	}
}
