global using Convoke.Binding;
