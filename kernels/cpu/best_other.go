//go:build !amd64 || purego

package cpu

func best() Path { return PureGo }
